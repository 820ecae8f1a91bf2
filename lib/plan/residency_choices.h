// The ways in which a job's weights can be kept, each with what it needs: whole, in parts on the
// ranks, or streamed from elsewhere.
#pragma once

#include <string>
#include <vector>

#include "plan/job.h"

namespace kinema::plan {

struct ResidencyChoice {
  std::string flags;           // "--offload block", "--use-hsdp --hsdp-shard-size 4"
  std::string home;            // of streamed blocks; empty where all stay
  MemoryPlan memory;           // of one rank
  uint64_t needed = 0;         // bytes of the largest stage that weights decide
  double exposed_seconds = 0;  // of a step
  bool own = false;            // what the job does
};

// With the fewest blocks that stay and two slots, unless a choice is the job's own. The job has its
// layout and rates.
std::vector<ResidencyChoice> residency_choices(const Job& job, const Surroundings& around);

// "--offload block (4.1 GB, 0.5 s a step waiting)".
std::string choice_text(const ResidencyChoice& choice);

// A line for each choice; the job's own is marked.
std::string choices_text(const Job& job, const Surroundings& around);

}  // namespace kinema::plan
