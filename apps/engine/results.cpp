// Measures travel as JSON text, because their number differs by rank.
#include "results.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include <unistd.h>

#include "base/atomic_file.h"
#include "config/options.h"
#include "config/request_json.h"
#include "report/rank_exchange.h"
#include "report/version.h"
#include "share_text.h"

namespace kinema::engine {
namespace {

// Settings that say how a run talks or where it writes, not what it makes.
const std::set<std::string>& private_keys() {
  static const std::set<std::string> keys = {
      "output", "frames_dir", "save_latents", "save_tensors", "metrics",
      "trace",  "overwrite",  "log_level",    "progress",     "color",
      "json",   "metadata",   "threads",      "strict",       "stall_timeout"};
  return keys;
}

// Seconds since this process (or the one that became it) was started.
double process_seconds() {
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text{std::istreambuf_iterator<char>(stat), {}};
  // Field 22 is the start in clock ticks since boot; the name in field 2 may hold blanks.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  double now = 0;
  uptime >> now;
  return now - std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

report::RankReport own_report(const parallel::Team& team,
                              const std::vector<report::StageMeasure>& measures) {
  report::RankReport own;
  own.rank = team.rank();
  own.stages = measures;
  own.bytes_sent = team.bytes_sent();
  return own;
}

// Every rank's report on the first rank; empty elsewhere.
std::vector<report::RankReport> gathered(const parallel::Team& team,
                                         const report::RankReport& own) {
  std::vector<report::RankReport> all;
  for (int rank = 0; rank < team.size(); ++rank) {
    const auto text = shared_text(team, rank, report::packed(own));
    if (team.is_first()) all.push_back(report::unpacked(text));
  }
  return all;
}

}  // namespace

std::string job_comment(const config::Request& request) {
  OrderedJson job;
  const auto settings = config::request_to_json(request);
  for (const auto& [key, value] : settings.items()) {
    // On the CPU equal frames are promised for an equal number of threads.
    const bool decides = key == "threads" && request.device.kind == config::Device::Kind::kCpu;
    if (private_keys().contains(key) && !decides) continue;
    job[key] = config::with_paths(config::option(key).field, value, [](const std::string& path) {
      return std::filesystem::path(path).filename().string();
    });
  }
  return OrderedJson{{"schema", 1}, {"kinema", report::version()}, {"job", job}}.dump();
}

std::optional<report::RunReport> collected_results(
    const config::Request& request,
    const Json& planned,
    parallel::Team& team,
    const std::vector<report::StageMeasure>& measures,
    int64_t frames) {
  auto ranks = gathered(team, own_report(team, measures));
  if (!team.is_first()) return std::nullopt;
  report::RunReport run;
  run.planned = planned;
  run.versions = report::build_facts();
  run.seed = *request.seed;
  run.frames = frames;
  run.seconds = process_seconds();
  if (request.output) run.output = *request.output;
  if (!request.output && request.frames_dir) run.output = *request.frames_dir;
  run.ranks = std::move(ranks);
  return run;
}

void print_result(const config::Request& request,
                  const report::RunReport& run,
                  const OrderedJson& more) {
  if (request.metrics) write_file(*request.metrics, report::metrics_json(run).dump(2) + "\n");
  if (request.trace) write_file(*request.trace, report::trace_json(run).dump() + "\n");
  if (request.json) {
    auto result = report::result_json(run);
    result.update(more);
    std::cout << result.dump() << std::endl;
  } else {
    std::cout << run.output.string() << std::endl;
  }
  if (std::cout) return;
  std::cout.clear();
  throw Error(ErrorKind::kIo, run.output.string() +
                                  " is finished, but standard output cannot be written, so that "
                                  "the line that says so is lost");
}

}  // namespace kinema::engine
