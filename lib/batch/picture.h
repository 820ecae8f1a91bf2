// The size of a job's picture, from its header.
#pragma once

#include <optional>

#include "config/request.h"
#include "config/violations.h"
#include "plan/job.h"

namespace kinema::batch {

// Upright; nothing without --image. A file that is no picture, also one of --conditions, goes to
// `violations`.
std::optional<plan::FrameSize> picture_size(const config::Request& request,
                                            config::Violations& violations);

}  // namespace kinema::batch
