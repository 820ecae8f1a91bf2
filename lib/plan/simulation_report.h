// How much of gathering weights a job's model would hide behind computing, over links, numbers of
// ranks and tokens that the job does not have.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "plan/job.h"

namespace kinema::plan {

// Ranks that share the tokens and the weights, joined by one kind of link.
struct SimulatedCase {
  int64_t tokens = 0, ranks = 1;
  LinkKind link = LinkKind::kNvlink;
  StreamTimes times;   // of a block: all forwards of a step, and its gather
  double overlap = 0;  // of the gathers, in the mean of several steps
  double exposed = 0;  // seconds a step
};

// Every combination of the links between GPUs with 2, 4 and 8 ranks and tokens from 1024 on, on the
// job's GPU or, for a job on the CPU, an H200. Gathers run beside computing.
std::vector<SimulatedCase> simulated_cases(const Job& job);

// A table of the overlaps in per cent: a line for each number of tokens.
std::string simulation_text(const Job& job);
// [{"tokens", "ranks", "link", "compute_seconds", "gather_seconds", "overlap", "exposed_seconds"}].
OrderedJson simulation_json(const Job& job);

}  // namespace kinema::plan
