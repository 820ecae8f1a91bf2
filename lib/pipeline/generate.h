// One job from request to file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/video_model.h"

namespace kinema::pipeline {

struct JobResult {
  int64_t frames = 0;
};

// encode picture -> denoise -> decode -> write, for a job whose prompts the model has encoded.
// `comment` goes into the video file and with the saved latents; `keep` is a second place for
// these. Called by every rank of the team; only the first writes files.
JobResult generate(Runtime& runtime,
                   VideoModel& model,
                   const std::string& comment,
                   const std::optional<std::filesystem::path>& keep = {});

// The second half of that, from latents that every rank has.
JobResult decode(Runtime& runtime,
                 VideoModel& model,
                 const Latents& latents,
                 const std::string& comment);

}  // namespace kinema::pipeline
