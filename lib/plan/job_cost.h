// What a job's loading is predicted to take, and the rates by which its times are predicted.
#pragma once

#include "plan/job.h"

namespace kinema::plan {

// The job's device as one of `ranks` processes sees it.
MachineRates machine_rates(const Job& job, const Surroundings& around, int64_t ranks);

// Seconds in which a stage's weights come to one rank.
struct LoadTime {
  double cold = 0;  // from the disk, which the ranks of a machine share
  double warm = 0;  // from the system's cache; what is used in place takes none
};
LoadTime load_time(const Job& job, const StageEstimate& stage);

}  // namespace kinema::plan
