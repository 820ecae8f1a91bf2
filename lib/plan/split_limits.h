// What of a model and a job limits how it can be shared.
#pragma once

#include "config/request.h"
#include "plan/model_facts.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

// `request` has its guidance scale; `tokens`: video tokens of the job.
SplitLimits split_limits(const config::Request& request, const ModelFacts& model, int64_t tokens);

// Video tokens of a resolved request.
int64_t video_tokens(const config::Request& request, const ModelFacts& model);

}  // namespace kinema::plan
