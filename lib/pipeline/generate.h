// One job from request to file.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/runtime.h"

namespace kinema::pipeline {

struct JobResult {
  int64_t frames = 0;
};

// encode text (and picture) -> denoise -> decode -> write, for HunyuanVideo 1.5 text-to-video and
// image-to-video alike. Each component is loaded when it is first needed and gone when the next
// stage begins. `comment` goes into the video file. Called by every rank of the team; only the
// first writes files.
JobResult generate(Runtime& runtime, const std::string& comment);

}  // namespace kinema::pipeline
