// The second program, which links LibTorch: this process becomes it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "plan/job.h"

namespace kinema::cli {

// Replaces this process by kinema-engine running `job`; process number, signals and exit code stay.
// `task`: what else it is to do, for plan::Handover. Throws Error(kInternal) if there is no such
// program.
[[noreturn]] void become_engine(const plan::Job& job, const Json& task = {});

// The same with other arguments.
[[noreturn]] void become_engine(const std::vector<std::string>& arguments);

}  // namespace kinema::cli
