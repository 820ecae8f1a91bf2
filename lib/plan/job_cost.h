// What a job is predicted to cost: the model's shape with the job's tokens, on the job's device.
#pragma once

#include "plan/job.h"

namespace kinema::plan {

// The repeated blocks of the job's denoiser. The job has its sizes, guidance and dtype.
DenoiserShape denoiser_shape(const Job& job);

// The job's device as one of `ranks` processes sees it.
MachineRates machine_rates(const Job& job, const Surroundings& around, int64_t ranks);

}  // namespace kinema::plan
