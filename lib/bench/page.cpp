// Text around the plots.
#include "bench/page.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "bench/plots.h"
#include "bench/svg.h"

namespace kinema::bench {
namespace {

// Eight colours that also colour-blind eyes tell apart (Okabe and Ito's), the darkest for last.
constexpr auto kStyle = R"css(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p, li, dd { color: var(--ink); } .soft { color: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th.t, td.t { text-align: left; } th { color: var(--soft); font-weight: 600; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); } svg text.tick { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); } .ideal { stroke: var(--soft); stroke-dasharray: 5 4; fill: none; } .rank { stroke: var(--ink); }
.box { fill: #56b4e9; fill-opacity: .45; } .median { stroke: var(--ink); stroke-width: 2; } .dot { fill: #0072b2; fill-opacity: .5; }
.c0 { fill: #0072b2; background: #0072b2; } .c1 { fill: #e69f00; background: #e69f00; } .c2 { fill: #009e73; background: #009e73; } .c3 { fill: #cc79a7; background: #cc79a7; }
.c4 { fill: #56b4e9; background: #56b4e9; } .c5 { fill: #d55e00; background: #d55e00; } .c6 { fill: #f0e442; background: #f0e442; } .c7 { fill: #7f7f7f; background: #7f7f7f; }
.key { display: inline-block; width: 11px; height: 11px; margin: 0 5px 0 14px; border-radius: 2px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 2px 0 10px; font-size: 13px; color: var(--soft); }
)css";

std::string cell_tag(const std::string& tag, const std::string& text, bool is_text) {
  return fmt::format("<{0}{1}>{2}</{0}>", tag, is_text ? " class=\"t\"" : "", escaped(text));
}

std::string spread_text(const Spread& spread) {
  return fmt::format("{} [{} - {}]{}", seconds_text(spread.median), seconds_text(spread.min),
                     seconds_text(spread.max), spread.relative() > kNotableSpread ? " !" : "");
}

std::string table_row(const Table& table, const Row& row) {
  const auto& cell = *row.cell;
  std::string text = "<tr>";
  for (const auto& value : row.group) text += cell_tag("td", value, true);
  text += cell_tag("td", cell.label, true) + cell_tag("td", cell.layout(), true);
  text += cell_tag("td", std::to_string(cell.ranks()), false);
  text += cell_tag("td", std::to_string(cell.runs.size()), false);
  text += cell_tag("td", spread_text(cell.seconds()), false);
  for (const auto& name : table.stages)
    text += cell_tag("td", seconds_text(cell.stage(name).median), false);
  const auto steps = cell.all_steps();
  text += cell_tag("td", steps.empty() ? "-" : fmt::format("{:.1f}", spread_of(steps).median * 1e3),
                   false);
  text += cell_tag("td", row.speed_up ? fmt::format("{:.2f}", *row.speed_up) : "-", false);
  text +=
      cell_tag("td", row.efficiency ? fmt::format("{:.0f} %", *row.efficiency * 100) : "-", false);
  return text + cell_tag("td", gigabytes_text(static_cast<double>(cell.peak_bytes())), false) +
         "</tr>\n";
}

std::string figures(const Table& table) {
  std::string text = "<div class=\"wide\"><table>\n<thead><tr>";
  for (const auto& key : table.group_by) text += cell_tag("th", key, true);
  text += cell_tag("th", "cell", true) + cell_tag("th", "layout", true);
  for (auto name : {"ranks", "n", "total s, median [min - max]"})
    text += cell_tag("th", name, false);
  for (const auto& name : table.stages) text += cell_tag("th", name + " s", false);
  for (auto name : {"step ms", "speed-up", "efficiency", "peak GB"})
    text += cell_tag("th", name, false);
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) text += table_row(table, row);
  return text +
         "</tbody></table></div>\n<p class=\"soft\">Medians of n runs. ! marks a spread above 5 "
         "%.</p>\n";
}

std::string legend(const Table& table) {
  std::string text = "<p>";
  for (size_t i = 0; i < table.stages.size(); ++i)
    text += fmt::format("<span class=\"key {}\"></span>{}", colour(i), escaped(table.stages[i]));
  return text + "</p>\n";
}

std::string section(const std::string& title, const std::string& body) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(title), body);
}

std::string plots(const Table& table) {
  return section("Time of each stage", legend(table) + stage_plot(table)) +
         section("Speed-up over ranks",
                 "<p class=\"soft\">Broken line: as many times faster as there are ranks.</p>\n" +
                     speed_up_plot(table)) +
         section("Efficiency over ranks", efficiency_plot(table)) +
         section("Peak memory", "<p class=\"soft\">Bar: the highest rank; lines: each rank.</p>\n" +
                                    memory_plot(table)) +
         section("Step times",
                 "<p class=\"soft\">Dots: every step of every run; box: the middle "
                 "half; thick line: the median.</p>\n" +
                     step_plot(table));
}

std::string others(const Table& table) {
  std::string text = "<ul>\n";
  for (const auto* cell : table.others) {
    text += fmt::format("<li><strong>{}</strong>: {}{}<pre>{}</pre></li>\n", escaped(cell->label),
                        state_name(cell->state),
                        cell->exit_code == 0 ? "" : fmt::format(", exit code {}", cell->exit_code),
                        escaped(cell->reason));
  }
  return text + "</ul>\n";
}

// One line a fact; several values where cells differ.
std::string facts(const Table& table) {
  std::vector<std::pair<std::string, std::set<std::string>>> found;
  const auto add = [&](const std::string& name, const OrderedJson& value) {
    const auto text = value.is_string() ? value.get<std::string>() : value.dump();
    auto place = std::find_if(found.begin(), found.end(),
                              [&](const auto& one) { return one.first == name; });
    if (place == found.end()) place = found.insert(found.end(), {name, {}});
    place->second.insert(text);
  };
  for (const auto& row : table.rows) {
    for (const auto* part : {&row.cell->model, &row.cell->versions, &row.cell->machine}) {
      if (!part->is_object()) continue;
      for (const auto& [name, value] : part->items()) add(name, value);
    }
    for (auto key : {"width", "height", "num_frames", "num_inference_steps", "dtype", "threads"}) {
      if (const auto value = row.cell->setting(key); !value.empty()) add(key, value);
    }
  }
  std::string text = "<dl>\n";
  for (const auto& [name, values] : found) {
    std::string all;
    for (const auto& value : values) all += (all.empty() ? "" : " | ") + value;
    text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(all));
  }
  return text + "</dl>\n";
}

}  // namespace

std::string report_page(const Table& table) {
  std::string body = fmt::format("<h1>{}</h1>\n<p class=\"soft\">{} measured, {} not.</p>\n",
                                 escaped(table.title), table.rows.size(), table.others.size());
  if (!table.rows.empty()) body += section("Figures", figures(table)) + plots(table);
  if (!table.others.empty()) body += section("Not measured", others(table));
  if (!table.rows.empty()) body += section("Measured with", facts(table));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      escaped(table.title), kStyle, body);
}

}  // namespace kinema::bench
