// The result of one cell: what was run and what each run took. A file each in a folder of results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "bench/repetitions.h"
#include "bench/statistics.h"

namespace kinema::bench {

// One timed run.
struct Run {
  double seconds = 0;  // wall time, from the start of the program to its end
  // In the order in which they ran: "start" (what no stage accounts for), "encode_text", "load", …
  std::vector<std::pair<std::string, double>> stages;
  std::vector<double> step_seconds;  // of the denoising steps
  std::vector<uint64_t>
      peak_bytes;  // by rank: device memory where there is a device, else resident
};

enum class CellState {
  kDone,
  kRefused,   // the planner says that it cannot run
  kFailed,    // a run ended with an error
  kExcluded,  // the sweep leaves it out
  kMissing,   // the sweep names it and no result is there
};
// "done", "refused", "failed", "excluded", "not run".
std::string state_name(CellState state);

struct Cell {
  std::string id, label;
  CellState state = CellState::kDone;
  std::string reason;  // why it is not done, one or several lines
  int exit_code = 0;
  Repetitions repetitions = {0, 0};
  std::vector<Run> runs;
  // As the program's --metrics has them; empty where no run came so far.
  OrderedJson versions, machine, model, job, plan, latent, tokens;

  int64_t ranks() const;
  // "one", "cfg2 ulysses2", "hsdp4 offload-block".
  std::string layout() const;
  // A resolved setting as text; empty where there is none.
  std::string setting(const std::string& key) const;
  Spread seconds() const;
  // Names of all stages, in the first run's order.
  std::vector<std::string> stage_names() const;
  Spread stage(const std::string& name) const;
  // Of all denoising steps of all runs.
  std::vector<double> all_steps() const;
  // The highest of any rank in any run.
  uint64_t peak_bytes() const;
};

// `metrics` is the object of a finished run's --metrics file, `wall_seconds` what the caller saw.
Run run_of_metrics(const OrderedJson& metrics, double wall_seconds);
// Takes what describes the run and not its duration: versions, machine, model, job, plan.
void describe(const OrderedJson& metrics, Cell& cell);

OrderedJson cell_json(const Cell& cell);
// Throws Error(kIo) naming `name` if the object is no such result.
Cell cell_of_json(const OrderedJson& json, const std::string& name);

}  // namespace kinema::bench
