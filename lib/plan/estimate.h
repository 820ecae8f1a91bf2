// A job's memory on a layout, and how much it may be.
#pragma once

#include "plan/job.h"

namespace kinema::plan {

// By stage. The job has everything but its layout and tiles.
MemoryPlan estimated_memory(const Job& job, const ParallelPlan& plan, config::VaeTiling tiling);

// What must be free for a stage: on the CPU, mapped weights can be dropped and read again.
uint64_t needed_bytes(const Job& job, const StageEstimate& stage);

// For one process: --max-memory, or what is free; 0: not known. Processes on the CPU share what is
// free on their machine; a GPU has what cards of its name have. The job has its rates.
uint64_t allowed_bytes(const Job& job, const Surroundings& around, const ParallelPlan& plan);

}  // namespace kinema::plan
