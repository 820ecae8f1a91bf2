// The table as Markdown, CSV and JSON.
#include <algorithm>

#include "base/log.h"
#include "bench/table.h"
#include "bench/text_grid.h"

namespace kinema::bench {
namespace {

std::string total_text(const Spread& spread) {
  return fmt::format("{} [{}-{}]{}", seconds_text(spread.median), seconds_text(spread.min),
                     seconds_text(spread.max), spread.relative() > kNotableSpread ? " !" : "");
}

std::string reason_line(const Cell& cell) {
  auto reason = cell.reason;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return fmt::format("{}: {}{}", state_name(cell.state), reason,
                     cell.exit_code == 0 ? "" : fmt::format(" (exit code {})", cell.exit_code));
}

std::vector<std::string> row_texts(const Table& table, const Row& row) {
  const auto& cell = *row.cell;
  auto texts = row.group;
  texts.insert(texts.end(), {cell.label, cell.layout(), std::to_string(cell.ranks()),
                             std::to_string(cell.runs.size()), total_text(cell.seconds())});
  for (const auto& name : table.stages) texts.push_back(seconds_text(cell.stage(name).median));
  const auto steps = cell.all_steps();
  texts.push_back(steps.empty() ? "-" : fmt::format("{:.1f}", spread_of(steps).median * 1e3));
  texts.push_back(row.speed_up ? fmt::format("{:.2f}", *row.speed_up) : "-");
  texts.push_back(row.efficiency ? fmt::format("{:.0f}%", *row.efficiency * 100) : "-");
  texts.push_back(gigabytes_text(static_cast<double>(cell.peak_bytes())));
  return texts;
}

OrderedJson optional_number(const std::optional<double>& number) {
  return number ? OrderedJson(*number) : OrderedJson();
}

std::string number_text(const OrderedJson& number) { return number.is_null() ? "" : number.dump(); }

// A line of --format csv; `row` is null for a cell that is not done.
std::vector<std::string> csv_line(const Table& table, const Cell& cell, const Row* row) {
  const bool done = row != nullptr;
  std::vector<std::string> line;
  for (const auto& key : table.group_by) line.push_back(cell.setting(key));
  line.insert(line.end(), {cell.id, cell.label, state_name(cell.state)});
  if (done) {
    const auto seconds = cell.seconds();
    line.insert(line.end(),
                {cell.layout(), std::to_string(cell.ranks()), std::to_string(cell.runs.size()),
                 number_text(seconds.median), number_text(seconds.min), number_text(seconds.max)});
    for (const auto& name : table.stages) line.push_back(number_text(cell.stage(name).median));
    line.push_back(number_text(spread_of(cell.all_steps()).median));
    line.push_back(number_text(optional_number(row->speed_up)));
    line.push_back(number_text(optional_number(row->efficiency)));
    line.push_back(std::to_string(cell.peak_bytes()));
  } else {
    line.resize(line.size() + 10 + table.stages.size());
  }
  line.push_back(cell.reason);
  return line;
}

}  // namespace

std::string seconds_text(double seconds) {
  return fmt::format("{:.{}f}", seconds, seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
}

std::string gigabytes_text(double bytes) {
  const double gigabytes = bytes / 1e9;
  return fmt::format("{:.{}f}", gigabytes, gigabytes < 10 ? 2 : 1);
}

std::string markdown(const Table& table) {
  std::vector<std::string> head = table.group_by;
  head.insert(head.end(), {"cell", "layout", "ranks", "n", "total s median [min-max]"});
  for (const auto& name : table.stages) head.push_back(name + " s");
  head.insert(head.end(), {"step ms", "speed-up", "eff.", "peak GB"});
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : table.rows) rows.push_back(row_texts(table, row));
  std::string text;
  // Texts to the left, numbers to the right.
  if (!rows.empty()) text = markdown_grid(head, rows, table.group_by.size() + 2);
  const bool marked = std::any_of(table.rows.begin(), table.rows.end(), [](const Row& row) {
    return row.cell->seconds().relative() > kNotableSpread;
  });
  if (marked) text += "\n! spread above 5 %\n";
  if (!table.others.empty()) text += "\nnot measured:\n\n";
  for (const auto* cell : table.others)
    text += fmt::format("- {}: {}\n", cell->label, reason_line(*cell));
  return text;
}

std::string csv(const Table& table) {
  std::vector<std::string> head = table.group_by;
  head.insert(head.end(), {"cell", "label", "state", "layout", "ranks", "n", "seconds",
                           "seconds_min", "seconds_max"});
  for (const auto& name : table.stages) head.push_back(name + "_seconds");
  head.insert(head.end(), {"step_seconds", "speed_up", "efficiency", "peak_bytes", "reason"});
  std::string text = csv_row(head);
  for (const auto& row : table.rows) text += csv_row(csv_line(table, *row.cell, &row));
  for (const auto* cell : table.others) text += csv_row(csv_line(table, *cell, nullptr));
  return text;
}

OrderedJson table_json(const Table& table) {
  OrderedJson json = {{"schema", 1}, {"title", table.title}, {"cells", OrderedJson::array()}};
  for (const auto& row : table.rows) {
    auto one = cell_json(*row.cell);
    one["layout"] = row.cell->layout();
    one["ranks"] = row.cell->ranks();
    one["speed_up"] = optional_number(row.speed_up);
    one["efficiency"] = optional_number(row.efficiency);
    json["cells"].push_back(one);
  }
  for (const auto* cell : table.others) json["cells"].push_back(cell_json(*cell));
  return json;
}

}  // namespace kinema::bench
