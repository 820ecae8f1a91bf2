// Each cell is planned as its own command would be.
#include "bench_sweep.h"

#include <iostream>

#include "base/log.h"
#include "base/path_text.h"
#include "bench/results.h"
#include "bench/sweep_script.h"
#include "bench_measure.h"
#include "config/options.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

// Why the planner refuses the words of a command; empty if it does not.
std::string refusal(std::vector<std::string> words, const VerbFlags& takes) {
  const ScratchFolder scratch;
  words.push_back("--log-level=quiet");
  try {
    config::Violations violations;
    const auto line = parse(words, takes, violations);
    violations.throw_if_any();
    // As a single video: what holds for one holds for several.
    job_to_measure(line, scratch.path(), {});
    return "";
  } catch (const Error& error) {
    auto text = formatted(error);
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
  }
}

std::string command_text(const std::vector<std::string>& words) {
  std::string text = "kinema bench";
  for (const auto& word : words) text += " " + shell_word(word);
  return text;
}

std::string commented(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\n#   ") : std::string(1, c);
  return out;
}

// The sweep with the command line's settings.
bench::Sweep sweep_of(const fs::path& file, const CommandLine& line) {
  auto sweep = bench::read_sweep(file);
  sweep.repetitions = repetitions_of(line, sweep.repetitions);
  config::Settings given;
  config::Violations violations;
  config::apply_flags(line.settings, given, violations);
  violations.throw_if_any();
  for (const auto& [key, source] : given.sources) {
    if (key == "json") continue;
    sweep.matrix.erase(key);
    sweep.set[key] = config::option(key).field.json(given.request);
  }
  return sweep;
}

}  // namespace

void print_cells(const fs::path& file, const CommandLine& line, const VerbFlags& takes) {
  const bool json = wants_json(line);
  const auto results = line.value("--results");
  const auto sweep = sweep_of(file, line);
  auto list = OrderedJson::array();
  for (const auto& cell : bench::sweep_cells(sweep)) {
    auto words = bench::bench_words(sweep, cell);
    const auto reason =
        cell.excluded.empty() ? refusal(words, takes) : "excluded: " + cell.excluded;
    if (results) {
      words.push_back("--cell=" + cell.id);
      words.push_back("--result=" + bench::done_file(*results, cell.id).string());
    }
    if (json) {
      list.push_back({{"cell", cell.id},
                      {"label", cell.label},
                      {"settings", cell.settings},
                      {"reason", reason.empty() ? OrderedJson() : OrderedJson(reason)},
                      {"command", command_text(words)}});
    } else if (!reason.empty()) {
      std::cout << "# not run: " << cell.label << ": " << commented(reason) << "\n";
    } else {
      std::cout << command_text(words) << "\n";
    }
  }
  if (json) std::cout << list.dump(2) << "\n";
}

void print_script(const fs::path& file, const CommandLine& line) {
  // Absolute, since a script is started from anywhere.
  const auto sweep = sweep_of(fs::absolute(file), line);
  std::cout << bench::sweep_script(sweep, bench::sweep_cells(sweep),
                                   (program_folder() / "kinema").string(),
                                   line.value("--results").value_or("results"));
}

}  // namespace kinema::cli
