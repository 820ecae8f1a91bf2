// The pictures that an LTX-2 video shows at chosen frames.
#pragma once

#include "plan/resolution.h"

namespace kinema::plan {

// Refuses conditions that are beside the video, too strong, or given together with --image.
void check_ltx2_conditions(Resolution& r);

}  // namespace kinema::plan
