// Reads what bench and the sweep's script wrote.
#include "bench/results.h"

#include <algorithm>
#include <map>

#include "base/log.h"

namespace kinema::bench {
namespace {

namespace fs = std::filesystem;

constexpr auto kListing = "sweep.json";

OrderedJson read_ordered(const fs::path& file) {
  if (!fs::is_regular_file(file))
    throw Error(ErrorKind::kIo, file.string() + ": no such file or folder of results");
  const auto text = read_text(file);
  parse_json(text, file.string(), ErrorKind::kIo);
  return OrderedJson::parse(text);
}

bool is_metrics(const OrderedJson& json) {
  return json.is_object() && json.contains("stages") && json.contains("ranks");
}

Cell cell_of_metrics(const OrderedJson& metrics, const fs::path& file) {
  Cell cell;
  cell.id = cell.label = file.stem().string();
  describe(metrics, cell);
  try {
    cell.runs.push_back(run_of_metrics(metrics, metrics.at("seconds").get<double>()));
  } catch (const OrderedJson::exception& error) {
    throw Error(ErrorKind::kIo, file.string() + ": not a --metrics file (" + error.what() + ")");
  }
  return cell;
}

// Nothing if the file holds neither a result nor metrics.
std::optional<Cell> read_cell(const fs::path& file) {
  const auto json = read_ordered(file);
  if (is_metrics(json)) return cell_of_metrics(json, file);
  if (!json.is_object() || json.value("kind", OrderedJson()) != "bench") return std::nullopt;
  return cell_of_json(json, file.string());
}

// By id; a finished result counts more than a failed one's.
std::map<std::string, Cell> cells_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && name != kListing && !name.starts_with("."))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::map<std::string, Cell> cells;
  for (const auto& file : files) {
    auto cell = read_cell(file);
    if (!cell) {
      warn(file.string() + " is skipped: it holds no result");
      continue;
    }
    auto& place = cells[cell->id];
    if (place.id.empty() || place.state != CellState::kDone) place = std::move(*cell);
  }
  return cells;
}

Cell unmeasured(const OrderedJson& listed) {
  Cell cell;
  cell.id = listed.at("cell").get<std::string>();
  cell.label = listed.at("label").get<std::string>();
  cell.reason = listed.value("excluded", "");
  cell.state = cell.reason.empty() ? CellState::kMissing : CellState::kExcluded;
  if (cell.reason.empty()) cell.reason = "no result yet";
  return cell;
}

void add_folder(const fs::path& folder, Results& results) {
  auto cells = cells_in(folder);
  if (fs::exists(folder / kListing)) {
    const auto listing = read_ordered(folder / kListing);
    try {
      results.title = listing.value("name", results.title);
      for (const auto& listed : listing.at("cells")) {
        auto found = cells.extract(listed.at("cell").get<std::string>());
        results.cells.push_back(found.empty() ? unmeasured(listed) : std::move(found.mapped()));
      }
    } catch (const OrderedJson::exception& error) {
      throw Error(ErrorKind::kIo,
                  (folder / kListing).string() + ": not a sweep's listing (" + error.what() + ")");
    }
  }
  for (auto& [id, cell] : cells) results.cells.push_back(std::move(cell));
}

}  // namespace

fs::path done_file(const fs::path& folder, const std::string& id) {
  return folder / (id + ".json");
}

fs::path failed_file(const fs::path& folder, const std::string& id) {
  return folder / (id + ".failed.json");
}

OrderedJson sweep_listing(const Sweep& sweep, const std::vector<SweepCell>& cells) {
  OrderedJson listing = {{"schema", 1}, {"kind", "sweep"}, {"name", sweep.name}};
  listing["cells"] = OrderedJson::array();
  for (const auto& cell : cells) {
    OrderedJson one = {{"cell", cell.id}, {"label", cell.label}, {"settings", cell.settings}};
    if (!cell.excluded.empty()) one["excluded"] = cell.excluded;
    listing["cells"].push_back(one);
  }
  return listing;
}

Results read_results(const std::vector<fs::path>& paths) {
  Results results;
  for (const auto& path : paths) {
    if (fs::is_directory(path)) {
      add_folder(path, results);
    } else if (auto cell = read_cell(path)) {
      results.cells.push_back(std::move(*cell));
    } else {
      throw Error(ErrorKind::kIo, path.string() + ": neither a result of kinema bench nor metrics");
    }
  }
  if (results.title.empty() && !paths.empty()) {
    auto first = paths.front();
    if (!first.has_filename()) first = first.parent_path();
    results.title = first.stem().string();
  }
  if (results.cells.empty()) throw Error(ErrorKind::kIo, "there is no result to report");
  return results;
}

}  // namespace kinema::bench
