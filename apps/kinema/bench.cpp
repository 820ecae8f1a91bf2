// kinema bench: how long a job takes, by stages, over several runs; and sweeps of such jobs.
#include <algorithm>
#include <iostream>

#include "base/atomic_file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "bench/table.h"
#include "bench_measure.h"
#include "bench_sweep.h"
#include "checkpoint/fingerprint.h"
#include "command.h"
#include "config/request_json.h"
#include "plan/plan_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

VerbFlags flags() {
  return {
      all_settings(),
      {config_flag(),
       dry_run_flag(),
       {{"--warmup"}, "N", "runs before those that count [1]"},
       {{"--runs"}, "N", "runs that count [3]"},
       {{"--one-load"},
        "",
        "all runs in one process, as in a batch: networks stay loaded where they fit, and seeds "
        "count up"},
       {{"--result"}, "FILE", "keep the figures, or the reason why there are none, as JSON"},
       {{"--export"}, "FILE", "write the table too, as .md, .csv or .json (repeatable)"},
       {{"--label"}, "TEXT", "how reports call this measurement"},
       {{"--cell"}, "ID", "its name in a sweep"},
       {{"--expand"},
        "SWEEP",
        "print the cells of a sweep as commands; settings given as flags hold in all"},
       {{"--script"}, "SWEEP", "print a sweep as a shell script, likewise"},
       {{"--results"}, "DIR", "with --expand and --script: where the cells' files go"}},
      ""};
}

std::string job_id(const plan::Job& job) {
  auto settings = config::request_to_json(job.request());
  for (auto key : {"output", "metrics", "seed", "num_outputs_per_prompt"}) settings.erase(key);
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(Json(settings).dump());
  return fingerprint.hex().substr(0, 12);
}

std::string seconds_line(const std::string& name, const bench::Spread& spread) {
  return fmt::format("{:<14}{:>10}{:>10}{:>10}{}\n", name, bench::seconds_text(spread.min),
                     bench::seconds_text(spread.median), bench::seconds_text(spread.max),
                     spread.relative() > bench::kNotableSpread ? "  !" : "");
}

std::string figures(const bench::Cell& cell) {
  auto text = fmt::format(
      "{} ({}), {} after {}\n\n{:<14}{:>10}{:>10}{:>10}\n", cell.label, cell.layout(),
      cell.runs.size() == 1 ? "1 run" : fmt::format("{} runs", cell.runs.size()),
      cell.repetitions.warmup == 1 ? "1 warm-up"
                                   : fmt::format("{} warm-ups", cell.repetitions.warmup),
      "seconds", "min", "median", "max");
  for (const auto& name : cell.stage_names()) text += seconds_line(name, cell.stage(name));
  text += seconds_line("total", cell.seconds());
  const auto steps = cell.all_steps();
  if (!steps.empty()) text += seconds_line("one step", bench::spread_of(steps));
  return text + fmt::format("{:<14}{:>30}\n", "peak GB",
                            bench::gigabytes_text(static_cast<double>(cell.peak_bytes())));
}

std::string exported(const fs::path& file, const bench::Cell& cell) {
  const bench::Results results{cell.label, {cell}};
  const auto table = bench::make_table(results, {});
  const auto extension = file.extension();
  if (extension == ".md") return bench::markdown(table);
  if (extension == ".csv") return bench::csv(table);
  return bench::cell_json(cell).dump(2) + "\n";
}

void check_exports(const CommandLine& line) {
  for (const auto& [flag, file] : line.own) {
    const auto extension = fs::path(file).extension();
    if (flag == "--export" && extension != ".md" && extension != ".csv" && extension != ".json")
      throw Error(ErrorKind::kUsage,
                  "--export " + file + ": its extension must be .md, .csv or .json");
    if (flag == "--export" || flag == "--result") check_folder_of(file, "another " + flag);
  }
}

// A result beside a failure of an earlier attempt, or the failure in the result's place.
void keep(const bench::Cell& cell, const std::optional<std::string>& result) {
  if (!result) return;
  const fs::path done = *result, folder = done.parent_path();
  const auto failed = bench::failed_file(folder, done.stem().string());
  const bool is_done = cell.state == bench::CellState::kDone;
  write_file(is_done ? done : failed, bench::cell_json(cell).dump(2) + "\n");
  std::error_code ignored;
  if (is_done) fs::remove(failed, ignored);
}

bench::Cell measured(const CommandLine& line) {
  const auto wanted = repetitions_of(line, {});
  const ScratchFolder scratch;
  bench::Cell cell;
  cell.id = line.value("--cell").value_or("");
  cell.label = line.value("--label").value_or(cell.id);
  try {
    const auto job = job_to_measure(line, scratch.path(), wanted);
    if (cell.id.empty()) cell.id = job_id(job);
    if (cell.label.empty())
      cell.label = fmt::format("{} {}x{}, {} frames", job.model.title, *job.request().width,
                               *job.request().height, *job.request().num_frames);
    measure(job, wanted, cell);
  } catch (const Error& error) {
    cell.state = bench::CellState::kRefused;
    cell.exit_code = exit_code(error.kind());
    cell.reason = formatted(error);
    if (!cell.id.empty()) keep(cell, line.value("--result"));
    throw;
  }
  return cell;
}

int run(const Command& self, const CommandLine& line) {
  if (const auto sweep = line.value("--expand")) {
    print_cells(*sweep, line, self.takes);
    return 0;
  }
  if (const auto sweep = line.value("--script")) {
    print_script(*sweep, line);
    return 0;
  }
  if (line.has("--dry-run")) {
    const ScratchFolder scratch;
    const auto job = job_to_measure(line, scratch.path(), repetitions_of(line, {}));
    std::cout << (wants_json(line) ? plan::plan_json(job).dump(2) + "\n" : plan::plan_report(job));
    return 0;
  }
  check_exports(line);
  catch_interrupts();
  const auto cell = measured(line);
  if (interrupt_signal() != 0) return 128 + interrupt_signal();
  keep(cell, line.value("--result"));
  if (cell.state != bench::CellState::kDone) {
    warn("nothing is measured: " + cell.reason.substr(0, cell.reason.find(':')));
    return cell.exit_code;
  }
  for (const auto& [flag, file] : line.own) {
    if (flag == "--export") write_file(file, exported(file, cell));
  }
  std::cout << (wants_json(line) ? bench::cell_json(cell).dump(2) + "\n" : figures(cell));
  return 0;
}

}  // namespace

Command bench_command() {
  return {"bench",
          "Measure a job over several runs, or list the jobs of a sweep.",
          "[flags of kinema generate] | --expand SWEEP | --script SWEEP",
          {"-p \"Rain on a tin roof\" --seed 1 --warmup 1 --runs 5 --export rain.md",
           "--expand configs/sweeps/shapes_layouts.json",
           "--script configs/sweeps/shapes_layouts.json --results results | sh"},
          flags(),
          run};
}

}  // namespace kinema::cli
