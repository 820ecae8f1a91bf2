// Results side by side: one row a cell, with speed-up and efficiency against a baseline.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/results.h"

namespace kinema::bench {

struct TableChoice {
  std::vector<std::string> group_by;                          // settings that order the rows
  std::vector<std::pair<std::string, std::string>> baseline;  // settings of the baseline
};

struct Row {
  const Cell* cell = nullptr;
  std::vector<std::string> group;  // values of group_by's settings
  // Against the baseline among the cells that make the same video; nothing where there is none.
  std::optional<double> speed_up, efficiency;
};

struct Table {
  std::string title;
  std::vector<std::string> group_by;
  std::vector<std::string> stages;  // those of all cells
  std::vector<Row> rows;            // cells that are done
  std::vector<const Cell*> others;  // cells that are not
};

// Points into `results`, which must outlive the table. Without a baseline the first of the cells
// with the fewest ranks is it. Throws Error(kUsage) if a baseline is given that no cell is.
Table make_table(const Results& results, const TableChoice& choice);

// Spread above which a row is marked: 5 %.
constexpr double kNotableSpread = 0.05;

std::string markdown(const Table& table);
// One line for each cell, done or not, numbers in seconds and bytes.
std::string csv(const Table& table);
OrderedJson table_json(const Table& table);

// "4.86", "0.469", "12.3": three or four digits that say something.
std::string seconds_text(double seconds);
// "29.7", GB of 10^9 bytes.
std::string gigabytes_text(double bytes);

}  // namespace kinema::bench
