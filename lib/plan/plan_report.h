// What `kinema plan` prints, as text and as JSON.
#pragma once

#include <string>

#include "base/json.h"
#include "plan/job.h"

namespace kinema::plan {

// Lines of at most about 100 columns, ending in a newline.
std::string plan_report(const Job& job);

// Layouts of as many ranks with their predicted times, homes of the weights with what they need,
// and each setting with its value and who set it.
std::string explanation(const Job& job, const Surroundings& around);

// {"model", "job" (every resolved setting), "sources", "latent", "tokens", "plan", "predicted",
// "stages", "memory_limit_bytes", "outputs", "notes"}; bytes are whole numbers.
OrderedJson plan_json(const Job& job);

}  // namespace kinema::plan
