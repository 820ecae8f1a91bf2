// The rates by which a job's times are predicted.
#pragma once

#include "plan/job.h"

namespace kinema::plan {

// The job's device as one of `ranks` processes sees it.
MachineRates machine_rates(const Job& job, const Surroundings& around, int64_t ranks);

}  // namespace kinema::plan
