// Which program this is and what it was built with.
#pragma once

#include <string>

#include "base/json.h"

namespace kinema::report {

// "0.1.0".
std::string version();

// {"kinema", "commit", "compiler", "libtorch", "cuda", "nccl", "ffmpeg", "build"}: facts of the
// build, nothing of the machine.
OrderedJson build_facts();

}  // namespace kinema::report
