// From the flags of a request to a complete layout.
#pragma once

#include "config/settings.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

// The layout that the request's degrees, --num-gpus and HSDP sizes ask for together: ranks of a
// shard group that no degree names take guidance branches first, then heads, then a ring; ranks
// beyond become replicas. Contradictions go to `violations`.
ParallelPlan requested_plan(const config::Request& request,
                            const SplitLimits& limits,
                            config::Violations& violations);

}  // namespace kinema::plan
