// Which cells are rows, in which order, and against what they are measured.
#include "bench/table.h"

#include <algorithm>

#include "base/log.h"

namespace kinema::bench {
namespace {

// Cells that agree in these make the same video with the same amount of work.
std::string work(const Cell& cell) {
  std::string text = cell.model.is_object() ? cell.model.dump() : "";
  for (auto key : {"width", "height", "num_frames", "num_inference_steps", "guidance_scale"})
    text += " " + cell.setting(key);
  return text;
}

bool matches(const Cell& cell, const std::vector<std::pair<std::string, std::string>>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& one) { return cell.setting(one.first) == one.second; });
}

// Of the cell's own work; null if no cell is it.
const Cell* baseline_of(const Cell& cell, const std::vector<Row>& rows, const TableChoice& choice) {
  const Cell* best = nullptr;
  for (const auto& row : rows) {
    const auto& other = *row.cell;
    if (work(other) != work(cell) || !matches(other, choice.baseline)) continue;
    if (best == nullptr || other.ranks() < best->ranks()) best = &other;
  }
  return best;
}

// Numbers by size, texts by the alphabet.
bool comes_before(const std::string& a, const std::string& b) {
  const auto left = Json::parse(a, nullptr, false), right = Json::parse(b, nullptr, false);
  if (left.is_number() && right.is_number()) return left < right;
  return a < b;
}

bool group_before(const Row& a, const Row& b) {
  return std::lexicographical_compare(a.group.begin(), a.group.end(), b.group.begin(),
                                      b.group.end(), comes_before);
}

void measure(Row& row, const std::vector<Row>& rows, const TableChoice& choice) {
  const auto* base = baseline_of(*row.cell, rows, choice);
  if (base == nullptr || row.cell->seconds().median <= 0) return;
  row.speed_up = base->seconds().median / row.cell->seconds().median;
  row.efficiency =
      *row.speed_up * static_cast<double>(base->ranks()) / static_cast<double>(row.cell->ranks());
}

}  // namespace

Table make_table(const Results& results, const TableChoice& choice) {
  Table table;
  table.title = results.title;
  table.group_by = choice.group_by;
  for (const auto& cell : results.cells) {
    if (cell.state != CellState::kDone) {
      table.others.push_back(&cell);
      continue;
    }
    Row row;
    row.cell = &cell;
    for (const auto& key : choice.group_by) row.group.push_back(cell.setting(key));
    table.rows.push_back(std::move(row));
    for (const auto& name : cell.stage_names()) {
      if (std::find(table.stages.begin(), table.stages.end(), name) == table.stages.end())
        table.stages.push_back(name);
    }
  }
  std::stable_sort(table.rows.begin(), table.rows.end(), group_before);
  for (auto& row : table.rows) measure(row, table.rows, choice);
  const bool found = std::any_of(table.rows.begin(), table.rows.end(),
                                 [&](const Row& row) { return row.speed_up.has_value(); });
  if (!found && !choice.baseline.empty() && !table.rows.empty()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("--baseline {}={}: no finished cell has that setting",
                            choice.baseline.front().first, choice.baseline.front().second));
  }
  return table;
}

}  // namespace kinema::bench
