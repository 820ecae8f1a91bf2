// From the flags of a request to a complete layout.
#pragma once

#include "config/settings.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

// The layout that the request's degrees, --num-gpus and HSDP sizes ask for together: ranks of a
// shard group that no degree names take guidance branches first, then heads, then a ring; ranks
// beyond become replicas. Without sizes HSDP shares within a machine of `ranks_per_machine` ranks
// (0: all are on one) and repeats across machines. Contradictions go to `violations`.
ParallelPlan requested_plan(const config::Request& request,
                            const SplitLimits& limits,
                            config::Violations& violations,
                            int64_t ranks_per_machine = 0);

}  // namespace kinema::plan
