// kinema batch: many jobs from a file, in one launch.
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include "base/atomic_file.h"
#include "base/log.h"
#include "batch/queue.h"
#include "command.h"
#include "engine_process.h"
#include "first_line.h"
#include "plan/plan_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPause{300};

// Everything that was checked before anything starts.
struct Checked {
  batch::Order order;
  std::vector<plan::Job> jobs;  // of this shard
  std::map<batch::Standing, int64_t> outputs = {};
  batch::TakenFiles taken = {};
};

batch::Order order_of(const Command& self, const CommandLine& line) {
  if (line.positionals.size() != 1) {
    throw Error(ErrorKind::kUsage,
                line.positionals.empty() ? "a job file is missing" : "one job file at a time",
                "kinema batch " + self.usage);
  }
  batch::Order order;
  const auto& file = line.positionals.front();
  order.from_input = file == "-";
  order.file = order.from_input ? fs::path("input.jsonl") : fs::path(file);
  const auto folder = order.file.has_parent_path() ? order.file.parent_path() : fs::path(".");
  order.state = line.value("--state").value_or((folder / ".kinema" / order.file.stem()).string());
  order.follow = line.has("--follow");
  order.fail_fast = line.has("--fail-fast");
  order.flags = line.settings;
  if (const auto config = line.value("--config")) order.config = *config;
  for (const auto& [name, value] : environment())
    if (name.starts_with("KINEMA_") || name == "NO_COLOR") order.environment[name] = value;
  if (const auto shard = line.value("--shard")) order.shard = batch::parse_shard(*shard);
  return order;
}

// The last of --overwrite and --no-overwrite counts, as for every switch.
batch::Existing existing_of(const CommandLine& line) {
  bool overwrite = false;
  for (const auto& given : line.settings)
    if (given.key == "overwrite") overwrite = given.value != "false";
  if (overwrite && line.has("--resume"))
    throw Error(ErrorKind::kUsage, "--resume goes on, --overwrite begins anew",
                "leave one of them out");
  return overwrite ? batch::Existing::kOverwrite : batch::Existing::kResume;
}

// As a flag, which overrules every job.
void hide_progress_if_quiet(config::Settings& run, batch::Order& order) {
  const auto before = run.request.progress;
  quiet_progress(run);
  if (run.request.progress == before) return;
  std::erase_if(order.flags, [](const auto& flag) { return flag.key == "progress"; });
  order.flags.push_back({"progress", "--progress", "none"});
}

// Who of several processes has the input depends on what has started them.
void refuse_input_of_many(const plan::Surroundings& around) {
  if (!around.ranks) return;
  throw Error(ErrorKind::kConfig,
              "standard input cannot give jobs to processes that another launcher has started",
              "append them to a .jsonl file, with --follow");
}

// Checks one job and its outputs; what is wrong goes to `violations`.
void check_job(const batch::Entry& entry,
               const batch::Resolver& resolver,
               const batch::State& state,
               Checked& checked,
               config::Violations& violations) {
  config::Violations found;
  auto job = resolver.resolve(entry, found);
  for (const auto& one : found.all()) violations.add(one.kind, one.what, one.hint);
  if (!found.empty()) return;
  for (const auto& unit : batch::units_of(entry.index, entry.id, job, checked.order.identity)) {
    try {
      checked.taken.take(unit);
      ++checked.outputs[batch::standing(unit, state, checked.order.existing)];
    } catch (const Error& error) {
      violations.add(error.kind(), error.what(), error.hint());
    }
  }
  checked.jobs.push_back(std::move(job));
}

Checked check(const Command& self, const CommandLine& line) {
  Checked checked{.order = order_of(self, line), .jobs = {}};
  auto& order = checked.order;
  order.existing = existing_of(line);
  order.around = look_around();
  if (order.from_input) {
    refuse_input_of_many(order.around);
    order.file = copy_first_line(order.state);
  }
  config::Violations typed;
  auto base = batch::base_settings(order.config, order.environment, typed);
  batch::JobFile file(order.file, typed,
                      order.from_input ? batch::Origin::kInput : batch::Origin::kFile);
  auto run = batch::run_settings(base, file.header(), order.flags, typed);
  typed.throw_if_any();
  hide_progress_if_quiet(run, order);
  set_up_log(run.request.log_level);
  find_model(run);
  auto model = plan::read_model(run.request);
  order.model = model.index.folder;
  order.identity = batch::model_identity(model);
  const batch::Resolver resolver({std::move(base), order.flags, std::move(model), order.around},
                                 file.header());
  if (!order.from_input && !order.follow) file.read_more(batch::LastLine::kIsComplete);
  // The first job says what all of a run need.
  while (order.follow && file.may_grow() && file.jobs().empty()) {
    std::this_thread::sleep_for(kPause);
    file.read_more(batch::LastLine::kMayGrow);
  }
  const batch::State state(order.state, order.shard);
  config::Violations violations;
  for (const auto& entry : file.jobs())
    if (order.shard.has(entry.index)) check_job(entry, resolver, state, checked, violations);
  violations.throw_if_any();
  return checked;
}

std::string summary(const Checked& checked) {
  const auto count = [&](batch::Standing standing) {
    const auto found = checked.outputs.find(standing);
    return found == checked.outputs.end() ? int64_t{0} : found->second;
  };
  const auto finished = count(batch::Standing::kFinished),
             decode = count(batch::Standing::kHasLatents), open = count(batch::Standing::kOpen);
  return fmt::format("{} job{}, {} output{}: {} to make, {} to decode, {} finished\n",
                     checked.jobs.size(), checked.jobs.size() == 1 ? "" : "s",
                     finished + decode + open, finished + decode + open == 1 ? "" : "s", open,
                     decode, finished);
}

void print_plans(const Checked& checked) {
  if (checked.jobs.front().request().json) {
    auto plans = OrderedJson::array();
    for (const auto& job : checked.jobs) plans.push_back(plan::plan_json(job));
    std::cout << plans.dump(2) << "\n";
    return;
  }
  for (const auto& job : checked.jobs) std::cout << plan::plan_report(job) << "\n";
  std::cout << summary(checked);
}

int run(const Command& self, const CommandLine& line) {
  const auto checked = check(self, line);
  if (checked.jobs.empty()) {
    note(checked.order.shard.of > 1 ? "no job is this shard's" : "there are no jobs");
    return 0;
  }
  std::set<std::string> said;
  for (const auto& job : checked.jobs)
    for (const auto& text : job.notes)
      if (said.insert(text).second) note(text);
  if (line.has("--dry-run")) {
    print_plans(checked);
    return 0;
  }
  const auto& state = checked.order.state;
  check_folder(state, nearest_existing(state), "another --state");
  note(summary(checked).substr(0, summary(checked).size() - 1));
  become_engine(checked.jobs.front(), {{"batch", batch::order_json(checked.order)}});
}

}  // namespace

Command batch_command() {
  return {
      "batch",
      "Make many videos with one load of the model; go on where an earlier run stopped.",
      "FILE|- [--shard I/N] [--overwrite] [flags]",
      {"configs/batch.json --num-gpus 4", "jobs.jsonl --follow", "jobs.json --shard 2/5",
       "jobs.json --dry-run"},
      {all_settings(),
       {config_flag(),
        dry_run_flag(),
        {{"--resume"}, "", "skip outputs that are finished, go on with the others (the default)"},
        {{"--fail-fast"}, "", "stop at the first job that fails"},
        {{"--follow"}, "", "wait for lines that are appended to a .jsonl file, until interrupted"},
        {{"--shard"}, "I/N", "make the jobs of part I of N: for several machines"},
        {{"--state"}, "DIR", "where finished outputs are recorded [.kinema/<name> beside FILE]"}},
       "FILE"},
      run};
}

}  // namespace kinema::cli
