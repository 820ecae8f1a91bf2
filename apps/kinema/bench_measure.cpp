// Figures come from the files that --metrics writes.
#include "bench_measure.h"

#include <algorithm>
#include <cstdlib>

#include "base/interrupt.h"
#include "base/log.h"
#include "bench/machine_facts.h"
#include "bench/table.h"
#include "config/outputs.h"
#include "config/value_text.h"
#include "engine_run.h"
#include "plan/machine.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

int64_t counted(const CommandLine& line, const std::string& flag, int64_t fallback, int64_t least) {
  const auto text = line.value(flag);
  if (!text) return fallback;
  const auto value = config::Value<int64_t>::parse(*text);
  if (value && *value >= least) return *value;
  throw Error(ErrorKind::kUsage,
              fmt::format("{} must be a whole number of at least {}, not {}", flag, least, *text));
}

// As if the flag had been typed, unless it or one of the others was.
void give(CommandLine& line,
          const std::string& key,
          const std::string& value,
          const std::vector<std::string>& instead = {}) {
  const bool there =
      std::any_of(line.settings.begin(), line.settings.end(), [&](const auto& given) {
        return given.key == key ||
               std::find(instead.begin(), instead.end(), given.key) != instead.end();
      });
  if (!there) line.settings.push_back({key, "kinema bench", value});
}

OrderedJson read_metrics(const fs::path& file) {
  const auto text = read_text(file);
  return OrderedJson::parse(text);
}

// Where this one run wrote and how it talked is no part of a result.
void forget_places(OrderedJson& job) {
  if (!job.is_object()) return;  // no run came so far
  for (auto key : {"output", "frames_dir", "save_latents", "save_tensors", "metrics", "overwrite",
                   "log_level", "progress", "color", "json"})
    job.erase(key);
}

OrderedJson machine() {
  const auto variables = environment();
  const auto visible = variables.find("CUDA_VISIBLE_DEVICES");
  return bench::machine_facts(plan::visible_gpus(
      visible == variables.end() ? std::nullopt : std::optional(visible->second)));
}

std::string run_name(int64_t index, const bench::Repetitions& repetitions) {
  if (index < repetitions.warmup) return fmt::format("warm-up {}", index + 1);
  return fmt::format("run {}/{}", index + 1 - repetitions.warmup, repetitions.runs);
}

void fail(const std::string& what, const EngineRun& engine, bench::Cell& cell) {
  cell.state = bench::CellState::kFailed;
  cell.exit_code = engine.exit_code;
  cell.reason = fmt::format("{} ended with exit code {}{}{}", what, engine.exit_code,
                            engine.last_words.empty() ? "" : ":\n", engine.last_words);
}

// Run number `index` of all has taken `seconds`.
void count(int64_t index,
           double seconds,
           const fs::path& metrics_file,
           const bench::Repetitions& repetitions,
           bench::Cell& cell) {
  note(fmt::format("{}: {} s", run_name(index, repetitions), bench::seconds_text(seconds)));
  if (index < repetitions.warmup) return;
  const auto metrics = read_metrics(metrics_file);
  bench::describe(metrics, cell);
  cell.runs.push_back(bench::run_of_metrics(metrics, seconds));
}

// A process for each run.
void measure_one_by_one(const plan::Job& job,
                        const bench::Repetitions& repetitions,
                        bench::Cell& cell) {
  for (int64_t i = 0; i < repetitions.warmup + repetitions.runs; ++i) {
    const auto engine = run_engine(job);
    if (engine.exit_code != 0) return fail(run_name(i, repetitions), engine, cell);
    count(i, engine.seconds, *job.request().metrics, repetitions, cell);
  }
}

// All in one process; each run lasts from the end of the one before it.
void measure_together(const plan::Job& job,
                      const bench::Repetitions& repetitions,
                      bench::Cell& cell) {
  const auto engine = run_engine(job);
  if (engine.exit_code != 0) return fail("the process of all runs", engine, cell);
  double before = 0;
  int64_t index = 0;
  for (const auto& output : config::output_files(job.request())) {
    const auto end = read_metrics(*output.metrics).at("seconds").get<double>();
    count(index++, end - before, *output.metrics, repetitions, cell);
    before = end;
  }
}

}  // namespace

ScratchFolder::ScratchFolder() {
  auto name = (fs::temp_directory_path() / "kinema-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw Error(ErrorKind::kIo, name + ": the folder for measured runs cannot be made");
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bench::Repetitions repetitions_of(const CommandLine& line, const bench::Repetitions& otherwise) {
  return {counted(line, "--warmup", otherwise.warmup, 0),
          counted(line, "--runs", otherwise.runs, 1),
          line.has("--one-load") ? bench::Processes::kOneForAll : otherwise.processes};
}

plan::Job job_to_measure(CommandLine line,
                         const fs::path& scratch,
                         const bench::Repetitions& repetitions) {
  const int64_t videos = repetitions.processes == bench::Processes::kOneForAll
                             ? repetitions.warmup + repetitions.runs
                             : 1;
  give(line, "output", scratch.string() + "/", {"frames_dir"});
  give(line, "metrics", (scratch / "metrics.json").string());
  give(line, "overwrite", "true");
  give(line, "progress", "none");
  if (videos > 1) give(line, "num_outputs_per_prompt", std::to_string(videos));
  auto job = prepare(line, PromptNeed::kRequired);
  if (job.request().num_outputs_per_prompt != videos) {
    throw Error(ErrorKind::kUsage,
                fmt::format("kinema bench measures one video at a time, not {}",
                            job.request().num_outputs_per_prompt),
                "--num-outputs-per-prompt 1 --runs N");
  }
  return job;
}

void measure(const plan::Job& job, const bench::Repetitions& repetitions, bench::Cell& cell) {
  cell.repetitions = repetitions;
  cell.machine = machine();
  if (repetitions.processes == bench::Processes::kOneForAll) {
    measure_together(job, repetitions, cell);
  } else {
    measure_one_by_one(job, repetitions, cell);
  }
  forget_places(cell.job);
}

}  // namespace kinema::cli
