// From the flags of a request to a complete layout.
#pragma once

#include "config/settings.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

// The layout that the request's degrees, --num-gpus, --parallel and HSDP sizes ask for together:
// ranks that no degree names are used by the automatic layout (with HSDP or --parallel auto) or
// become replicas. Contradictions go to `violations`.
ParallelPlan requested_plan(const config::Request& request,
                            const SplitLimits& limits,
                            config::Violations& violations);

}  // namespace kinema::plan
