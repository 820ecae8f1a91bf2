// Folders of results: every cell that a sweep names, with its runs or the reason why there are
// none.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/record.h"
#include "bench/sweep.h"

namespace kinema::bench {

// The files of a cell in a folder of results: of a finished one, and of one that failed.
std::filesystem::path done_file(const std::filesystem::path& folder, const std::string& id);
std::filesystem::path failed_file(const std::filesystem::path& folder, const std::string& id);
// What a sweep leaves in its folder, "sweep.json": which cells there are, in their order, and which
// are left out.
OrderedJson sweep_listing(const Sweep& sweep, const std::vector<SweepCell>& cells);

struct Results {
  std::string title;
  std::vector<Cell> cells;  // in the sweep's order where there is one
};

// Of folders, result files and --metrics files of single runs. Throws Error(kIo) naming what is
// missing or is none of these; other JSON files in a folder are skipped with a warning.
Results read_results(const std::vector<std::filesystem::path>& paths);

}  // namespace kinema::bench
