// One engine process after another; figures come from the file that --metrics writes.
#include "bench_measure.h"

#include <algorithm>
#include <cstdlib>

#include "base/interrupt.h"
#include "base/log.h"
#include "bench/machine_facts.h"
#include "bench/table.h"
#include "engine_run.h"
#include "plan/machine.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

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
  for (auto key : {"output", "frames_dir", "save_latents", "save_tensors", "metrics", "overwrite",
                   "log_level", "progress", "color", "json"})
    job.erase(key);
}

std::string visible_devices() {
  const auto variables = environment();
  const auto found = variables.find("CUDA_VISIBLE_DEVICES");
  return found == variables.end() ? "" : found->second;
}

OrderedJson machine() {
  const auto visible = visible_devices();
  return bench::machine_facts(
      plan::visible_gpus(visible.empty() ? std::nullopt : std::optional(visible)));
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

plan::Job job_to_measure(CommandLine line, const fs::path& scratch) {
  give(line, "output", scratch.string() + "/", {"frames_dir"});
  give(line, "metrics", (scratch / "metrics.json").string());
  give(line, "overwrite", "true");
  give(line, "progress", "none");
  auto job = prepare(line, PromptNeed::kRequired);
  if (job.request().num_outputs_per_prompt != 1) {
    throw Error(ErrorKind::kUsage,
                fmt::format("kinema bench measures one video at a time, not {}",
                            job.request().num_outputs_per_prompt),
                "--num-outputs-per-prompt 1 --runs N");
  }
  return job;
}

void measure(const plan::Job& job, const Repetitions& repetitions, bench::Cell& cell) {
  cell.warmup = repetitions.warmup;
  cell.machine = machine();
  const auto metrics_file = *job.request().metrics;
  for (int64_t i = 1 - repetitions.warmup; i <= repetitions.runs; ++i) {
    const auto name = i < 1 ? fmt::format("warm-up {}", i + repetitions.warmup)
                            : fmt::format("run {}/{}", i, repetitions.runs);
    const auto engine = run_engine(job);
    if (engine.exit_code != 0) {
      cell.state = bench::CellState::kFailed;
      cell.exit_code = engine.exit_code;
      cell.reason = fmt::format("{} ended with exit code {}{}{}", name, engine.exit_code,
                                engine.last_words.empty() ? "" : ":\n", engine.last_words);
      return;
    }
    note(fmt::format("{}: {} s", name, bench::seconds_text(engine.seconds)));
    const auto metrics = read_metrics(metrics_file);
    if (i < 1) continue;
    bench::describe(metrics, cell);
    cell.runs.push_back(bench::run_of_metrics(metrics, engine.seconds));
  }
  forget_places(cell.job);
}

}  // namespace kinema::cli
