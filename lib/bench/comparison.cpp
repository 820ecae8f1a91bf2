// Pairs cells and subtracts medians.
#include "bench/comparison.h"

#include <algorithm>

#include "base/log.h"
#include "bench/table.h"
#include "bench/text_grid.h"

namespace kinema::bench {
namespace {

const Cell* partner(const Cell& cell, const Results& others) {
  const auto find = [&](auto member) -> const Cell* {
    const auto found =
        std::find_if(others.cells.begin(), others.cells.end(),
                     [&](const Cell& other) { return other.*member == cell.*member; });
    return found == others.cells.end() ? nullptr : &*found;
  };
  const auto* same = find(&Cell::id);
  return same != nullptr ? same : find(&Cell::label);
}

void add_differences(const Cell& before, const Cell& after, Comparison& comparison) {
  const auto add = [&](const std::string& quantity, double old_value, double new_value,
                       bool counts) {
    comparison.differences.push_back({before.label, quantity, old_value, new_value, counts});
  };
  add("seconds", before.seconds().median, after.seconds().median, true);
  const auto old_steps = before.all_steps(), new_steps = after.all_steps();
  if (!old_steps.empty() && !new_steps.empty())
    add("step_seconds", spread_of(old_steps).median, spread_of(new_steps).median, true);
  add("peak_bytes", static_cast<double>(before.peak_bytes()),
      static_cast<double>(after.peak_bytes()), true);
  for (const auto& name : before.stage_names())
    add(name, before.stage(name).median, after.stage(name).median, false);
}

std::string value_text(const Difference& one, double value) {
  if (one.quantity == "peak_bytes") return gigabytes_text(value) + " GB";
  return seconds_text(value) + " s";
}

}  // namespace

double Difference::percent() const { return before == 0 ? 0 : (after / before - 1) * 100; }

std::vector<std::string> Comparison::regressions(double percent) const {
  std::vector<std::string> lines;
  for (const auto& one : differences) {
    if (!one.counts || one.percent() <= percent) continue;
    lines.push_back(fmt::format("{}: {} {} -> {} ({:+.1f} %)", one.cell, one.quantity,
                                value_text(one, one.before), value_text(one, one.after),
                                one.percent()));
  }
  lines.insert(lines.end(), lost.begin(), lost.end());
  return lines;
}

Comparison compare(const Results& before, const Results& after) {
  Comparison comparison;
  for (const auto& cell : before.cells) {
    if (cell.state != CellState::kDone) continue;
    const auto* now = partner(cell, after);
    if (now == nullptr) {
      comparison.unmatched.push_back(cell.label + " (only before)");
    } else if (now->state != CellState::kDone) {
      comparison.lost.push_back(
          fmt::format("{}: {} now: {}", cell.label, state_name(now->state), now->reason));
    } else {
      add_differences(cell, *now, comparison);
    }
  }
  for (const auto& cell : after.cells) {
    if (cell.state == CellState::kDone && partner(cell, before) == nullptr)
      comparison.unmatched.push_back(cell.label + " (only after)");
  }
  if (comparison.differences.empty() && comparison.lost.empty())
    throw Error(ErrorKind::kIo, "the two have no finished cell in common");
  return comparison;
}

std::string markdown(const Comparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : comparison.differences) {
    rows.push_back({one.cell, one.quantity, value_text(one, one.before), value_text(one, one.after),
                    fmt::format("{:+.1f} %", one.percent())});
  }
  auto text = markdown_grid({"cell", "quantity", "before", "after", "change"}, rows, 2);
  for (const auto& line : comparison.lost) text += "\nlost: " + line + "\n";
  for (const auto& line : comparison.unmatched) text += "\nnot compared: " + line + "\n";
  return text;
}

OrderedJson comparison_json(const Comparison& comparison) {
  OrderedJson json = {{"schema", 1}, {"differences", OrderedJson::array()}};
  for (const auto& one : comparison.differences) {
    json["differences"].push_back({{"cell", one.cell},
                                   {"quantity", one.quantity},
                                   {"before", one.before},
                                   {"after", one.after},
                                   {"percent", one.percent()}});
  }
  json["lost"] = comparison.lost;
  json["not_compared"] = comparison.unmatched;
  return json;
}

std::string csv(const Comparison& comparison) {
  auto text = csv_row({"cell", "quantity", "before", "after", "percent"});
  for (const auto& one : comparison.differences) {
    text += csv_row({one.cell, one.quantity, Json(one.before).dump(), Json(one.after).dump(),
                     Json(one.percent()).dump()});
  }
  return text;
}

}  // namespace kinema::bench
