// A sweep: one file that names many settings of one job, each combination a cell to be measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "bench/repetitions.h"

namespace kinema::bench {

// As its file says it. A text that begins with "=" is an expression over the settings of its cell.
struct Sweep {
  std::string name;
  std::filesystem::path file;
  std::optional<std::filesystem::path> base;  // a --config file that all cells share
  Repetitions repetitions;
  OrderedJson matrix = OrderedJson::object();  // key -> its values; cells are their product
  OrderedJson set = OrderedJson::object();     // key -> its value in every cell
  std::vector<std::string> where;              // expressions that hold in every cell
  OrderedJson exclude = OrderedJson::array();  // cells that agree with one of these are left out
  OrderedJson include = OrderedJson::array();  // cells beside the matrix
};

// One combination of settings.
struct SweepCell {
  std::string id;        // 12 hexadecimal digits, of what is measured
  std::string label;     // "ulysses_degree=2 cfg_parallel_size=1"
  OrderedJson settings;  // without the base file's
  std::string excluded;  // why it is left out; empty: it is to be measured
};

// A text that begins with "=".
bool is_expression(const OrderedJson& value);

// Throws one Error(kConfig) with everything that is wrong: unknown keys, values that their setting
// does not take, axes without values.
Sweep read_sweep(const std::filesystem::path& file);

// In the file's order, the first axis changing slowest; of equal cells only the first. Throws
// Error(kConfig) for an expression that cannot be computed.
std::vector<SweepCell> sweep_cells(const Sweep& sweep);

// What stands behind "kinema bench" to measure the cell, without where the result goes.
std::vector<std::string> bench_words(const Sweep& sweep, const SweepCell& cell);

}  // namespace kinema::bench
