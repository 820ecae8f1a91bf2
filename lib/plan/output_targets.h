// Whether a job can write its files.
#pragma once

#include "plan/resolution.h"

namespace kinema::plan {

// Adds to the violations what stands in the way of each file and folder that the request names:
// folders that are missing or take no new file, what is there and may not or cannot be replaced,
// devices, two flags for one file.
void check_targets(Resolution& r);

}  // namespace kinema::plan
