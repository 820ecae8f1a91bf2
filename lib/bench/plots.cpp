// Bars and boxes lie, one row a cell, so that labels can be read; points stand over ranks.
#include "bench/plots.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/log.h"
#include "bench/axis.h"
#include "bench/svg.h"

namespace kinema::bench {
namespace {

constexpr double kWidth = 960, kLabels = 330, kRight = 890, kTop = 14, kRowHeight = 26, kBar = 16,
                 kFoot = 34;

using Anchor = Svg::Anchor;

std::string mark_text(double value) { return fmt::format("{:.6g}", value); }

// A frame for one row a cell over a horizontal axis.
struct Lanes {
  Lanes(const Table& table, double most, const std::string& unit, const std::string& description)
      : bottom(kTop + kRowHeight * static_cast<double>(table.rows.size())),
        svg(kWidth, bottom + kFoot, description),
        axis(most, kLabels, kRight) {
    for (const double mark : axis.marks()) {
      svg.line(axis.at(mark), kTop - 4, axis.at(mark), bottom, "grid");
      svg.text(axis.at(mark), bottom + 14, mark_text(mark), Anchor::kMiddle, "tick");
    }
    svg.text((kLabels + kRight) / 2, bottom + 29, unit, Anchor::kMiddle, "tick");
    for (size_t i = 0; i < table.rows.size(); ++i)
      svg.text(kLabels - 8, centre(i) + 4, shortened(table.rows[i].cell->label), Anchor::kEnd);
  }
  double centre(size_t row) const { return kTop + kRowHeight * (static_cast<double>(row) + 0.5); }
  static std::string shortened(const std::string& label) {
    constexpr size_t kMost = 54;
    if (label.size() <= kMost) return label;
    // At a blank, so that no character of several bytes is cut.
    const auto blank = label.rfind(' ', kMost - 3);
    return label.substr(0, blank == std::string::npos ? kMost - 3 : blank) + " ...";
  }

  double bottom;
  Svg svg;
  Axis axis;
};

struct Point {
  double value;
  const Cell* cell;
};

// The points over one number of ranks, their names beside them and below one another.
void draw_column(std::vector<Point>& column, double x, const Axis& y, Svg& svg) {
  constexpr double kLine = 12;
  std::stable_sort(column.begin(), column.end(),
                   [](const Point& a, const Point& b) { return a.value > b.value; });
  const bool at_the_right = x > kRight - 150;
  double free = 0;
  for (const auto& [value, cell] : column) {
    const auto layout = cell->layout();
    svg.circle(x, y.at(value), 5, "c0", fmt::format("{} ({}): {:.2f}", cell->label, layout, value));
    const double line = std::max(free, y.at(value) + 4);
    svg.text(at_the_right ? x - 9 : x + 9, line, layout,
             at_the_right ? Anchor::kEnd : Anchor::kStart, "tick");
    free = line + kLine;
  }
}

// Points over ranks: what speed-up and efficiency have in common.
std::string scaling_plot(const Table& table,
                         const std::string& name,
                         double most,
                         const std::function<std::optional<double>(const Row&)>& value_of,
                         const std::function<double(double)>& ideal) {
  constexpr double kBottom = 260, kLeft = 60;
  double ranks = 1;
  for (const auto& row : table.rows)
    ranks = std::max(ranks, static_cast<double>(row.cell->ranks()));
  Svg svg(kWidth, kBottom + kFoot, name + " over ranks");
  const Axis x(ranks, kLeft, kRight), y(most, kBottom, kTop);
  for (const double mark : y.marks()) {
    svg.line(kLeft, y.at(mark), kRight, y.at(mark), "grid");
    svg.text(kLeft - 6, y.at(mark) + 4, mark_text(mark), Anchor::kEnd, "tick");
  }
  std::set<int64_t> used;
  for (const auto& row : table.rows) used.insert(row.cell->ranks());
  for (const auto one : used)
    svg.text(x.at(static_cast<double>(one)), kBottom + 15, std::to_string(one), Anchor::kMiddle,
             "tick");
  svg.text((kLeft + kRight) / 2, kBottom + 30, "ranks", Anchor::kMiddle, "tick");
  svg.path({{x.at(1), y.at(ideal(1))}, {x.at(ranks), y.at(ideal(ranks))}}, "ideal");
  std::map<int64_t, std::vector<Point>> points;
  for (const auto& row : table.rows) {
    if (const auto value = value_of(row)) points[row.cell->ranks()].push_back({*value, row.cell});
  }
  for (auto& [count, column] : points)
    draw_column(column, x.at(static_cast<double>(count)), y, svg);
  return svg.finished();
}

template <class Value>
double most_of(const Table& table, Value value) {
  double most = 0;
  for (const auto& row : table.rows) most = std::max(most, value(row));
  return most;
}

}  // namespace

std::string colour(size_t index) { return "c" + std::to_string(index % kColours); }

std::string stage_plot(const Table& table) {
  const auto total = [&](const Row& row) {
    double sum = 0;
    for (const auto& name : table.stages) sum += row.cell->stage(name).median;
    return sum;
  };
  Lanes lanes(table, most_of(table, total), "seconds", "Seconds of each stage, by cell");
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cell = *table.rows[i].cell;
    double from = 0;
    for (size_t s = 0; s < table.stages.size(); ++s) {
      const double seconds = cell.stage(table.stages[s]).median;
      const double left = lanes.axis.at(from), right = lanes.axis.at(from + seconds);
      lanes.svg.rectangle(
          left, lanes.centre(i) - kBar / 2, right - left, kBar, colour(s),
          fmt::format("{}: {} {} s", cell.label, table.stages[s], seconds_text(seconds)));
      from += seconds;
    }
    lanes.svg.text(lanes.axis.at(from) + 6, lanes.centre(i) + 4, seconds_text(from), Anchor::kStart,
                   "tick");
  }
  return lanes.svg.finished();
}

std::string speed_up_plot(const Table& table) {
  const auto value = [](const Row& row) { return row.speed_up; };
  const double ranks =
      most_of(table, [](const Row& row) { return static_cast<double>(row.cell->ranks()); });
  const double most =
      std::max(ranks, most_of(table, [](const Row& row) { return row.speed_up.value_or(1); }));
  return scaling_plot(table, "Speed-up", most, value, [](double n) { return n; });
}

std::string efficiency_plot(const Table& table) {
  const auto value = [](const Row& row) { return row.efficiency; };
  const double most =
      std::max(1.0, most_of(table, [](const Row& row) { return row.efficiency.value_or(1); }));
  return scaling_plot(table, "Efficiency", most, value, [](double) { return 1.0; });
}

std::string memory_plot(const Table& table) {
  const auto peak = [](const Row& row) {
    return static_cast<double>(row.cell->peak_bytes()) / 1e9;
  };
  Lanes lanes(table, most_of(table, peak), "GB", "Peak memory by cell");
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cell = *table.rows[i].cell;
    const auto text = gigabytes_text(static_cast<double>(cell.peak_bytes()));
    const double end = lanes.axis.at(peak(table.rows[i])), y = lanes.centre(i);
    lanes.svg.rectangle(kLabels, y - kBar / 2, end - kLabels, kBar, "c0",
                        fmt::format("{}: {} GB", cell.label, text));
    for (const auto bytes : cell.runs.back().peak_bytes) {
      const double x = lanes.axis.at(static_cast<double>(bytes) / 1e9);
      lanes.svg.line(x, y - kBar / 2 - 3, x, y + kBar / 2 + 3, "rank");
    }
    lanes.svg.text(end + 6, y + 4, text, Anchor::kStart, "tick");
  }
  return lanes.svg.finished();
}

std::string step_plot(const Table& table) {
  Lanes lanes(table,
              most_of(table,
                      [](const Row& row) {
                        const auto steps = row.cell->all_steps();
                        return steps.empty() ? 0.0 : *std::max_element(steps.begin(), steps.end());
                      }) *
                  1e3,
              "milliseconds a step", "Distribution of step times, by cell");
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto steps = table.rows[i].cell->all_steps();
    if (steps.empty()) continue;
    const double y = lanes.centre(i);
    const auto at = [&](double q) { return lanes.axis.at(quantile(steps, q) * 1e3); };
    lanes.svg.line(at(0), y, at(1), y, "rank");
    lanes.svg.rectangle(at(0.25), y - kBar / 2, std::max(1.0, at(0.75) - at(0.25)), kBar, "box",
                        fmt::format("{}: median {} s, {} steps", table.rows[i].cell->label,
                                    seconds_text(quantile(steps, 0.5)), steps.size()));
    lanes.svg.line(at(0.5), y - kBar / 2, at(0.5), y + kBar / 2, "median");
    for (const double seconds : steps) lanes.svg.circle(lanes.axis.at(seconds * 1e3), y, 2, "dot");
  }
  return lanes.svg.finished();
}

}  // namespace kinema::bench
