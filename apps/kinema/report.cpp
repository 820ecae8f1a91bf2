// kinema report: measurements side by side, and before against after.
#include <iostream>

#include "base/atomic_file.h"
#include "base/log.h"
#include "bench/comparison.h"
#include "bench/page.h"
#include "command.h"
#include "config/value_text.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> paths(const CommandLine& line) {
  return {line.positionals.begin(), line.positionals.end()};
}

std::vector<std::string> parts(const std::string& text, char separator) {
  std::vector<std::string> all(1);
  for (const char c : text) {
    if (c == separator) {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  return all;
}

bench::TableChoice choice(const CommandLine& line) {
  bench::TableChoice chosen;
  if (const auto keys = line.value("--group-by")) chosen.group_by = parts(*keys, ',');
  if (const auto baseline = line.value("--baseline")) {
    for (const auto& part : parts(*baseline, ',')) {
      const auto equals = part.find('=');
      if (equals == std::string::npos)
        throw Error(ErrorKind::kUsage, "--baseline must be KEY=VALUE, not " + part);
      chosen.baseline.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
  }
  return chosen;
}

std::string format(const CommandLine& line) {
  const auto given = line.value("--format").value_or(line.settings.empty() ? "markdown" : "json");
  if (given != "markdown" && given != "csv" && given != "json")
    throw Error(ErrorKind::kUsage, "--format must be markdown, csv or json, not " + given);
  return given;
}

template <class Shown>
std::string text_of(const Shown& shown, const OrderedJson& json, const std::string& format) {
  if (format == "json") return json.dump(2) + "\n";
  return format == "csv" ? bench::csv(shown) : bench::markdown(shown);
}

int show(const CommandLine& line) {
  const auto form = format(line);
  const auto chosen = choice(line);
  if (const auto file = line.value("--html")) check_folder_of(*file, "another --html");
  const auto results = bench::read_results(paths(line));
  const auto table = bench::make_table(results, chosen);
  if (const auto file = line.value("--html")) write_file(*file, bench::report_page(table));
  std::cout << text_of(table, bench::table_json(table), form);
  return 0;
}

// Percent of --max-regression: "5" or "5%".
std::optional<double> limit(const CommandLine& line) {
  auto text = line.value("--max-regression");
  if (!text) return std::nullopt;
  if (text->ends_with('%')) text->pop_back();
  const auto value = config::Value<double>::parse(*text);
  if (value && *value >= 0) return value;
  throw Error(ErrorKind::kUsage, "--max-regression must be a percentage, not " + *text);
}

int compare(const CommandLine& line) {
  const auto most = limit(line);
  const auto form = format(line);
  if (line.positionals.size() != 2)
    throw Error(ErrorKind::kUsage, "a comparison is between two results",
                "kinema report BEFORE AFTER --compare");
  const auto comparison = bench::compare(bench::read_results({line.positionals[0]}),
                                         bench::read_results({line.positionals[1]}));
  std::cout << text_of(comparison, bench::comparison_json(comparison), form);
  if (!most) return 0;
  const auto lines = comparison.regressions(*most);
  for (const auto& one : lines) warn(fmt::format("worse by more than {} %: {}", *most, one));
  return lines.empty() ? 0 : 1;
}

int run(const Command& self, const CommandLine& line) {
  if (line.positionals.empty())
    throw Error(ErrorKind::kUsage, "results are missing", "kinema report " + self.usage);
  const bool both = line.has("--compare") || line.has("--max-regression");
  return both ? compare(line) : show(line);
}

}  // namespace

Command report_command() {
  return {"report",
          "Show measurements as a table or a page, or compare two of them.",
          "RESULTS... [flags]",
          {"results --group-by num_gpus --baseline num_gpus=1", "results --html report.html",
           "before after --max-regression 5%"},
          {{"json"},
           {{{"--format"}, "markdown|csv|json", "how the table is printed [markdown]"},
            {{"--html"}, "FILE", "write a page with tables and plots too; it needs no network"},
            {{"--group-by"}, "KEY[,KEY...]", "order the rows by these settings"},
            {{"--baseline"},
             "KEY=VALUE[,...]",
             "speed-ups against the cell with these settings [the fewest processes]"},
            {{"--compare"}, "", "compare two results: medians of times and peaks"},
            {{"--max-regression"},
             "PCT",
             "compare, and end with exit code 1 if something grew by more than this"}},
           "RESULTS"},
          run};
}

}  // namespace kinema::cli
