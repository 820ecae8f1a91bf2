// The second program, which links LibTorch: this process becomes it.
#pragma once

#include <string>
#include <vector>

#include "plan/job.h"

namespace kinema::cli {

// Replaces this process by kinema-engine running `job`; process number, signals and exit code stay.
// Throws Error(kInternal) if there is no such program.
[[noreturn]] void become_engine(const plan::Job& job);

// The same with other arguments.
[[noreturn]] void become_engine(const std::vector<std::string>& arguments);

}  // namespace kinema::cli
