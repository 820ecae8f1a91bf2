// The pictures that an LTX-2 video shows at chosen frames, among its latents.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "pipeline/ltx2_given.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// Latents with those of the pictures: one of the first frame takes its place, all others are
// appended as further latent frames, of which `shown` says where in the video they belong.
struct Ltx2Conditions {
  at::Tensor strengths;  // [T + appended] float32 on the CPU
  at::Tensor clean;      // [1, C, T + appended, H, W], zeros where there is no picture
  at::Tensor start;      // that, with given latents where there is no picture
  std::vector<int64_t> shown;
};

// given.conditions must not be empty.
Ltx2Conditions ltx2_conditions(const Runtime& runtime, const Ltx2Given& given);

// Of video and sound, with the job's share of noise, drawn over the tokens.
Latents noised(const Runtime& runtime, const Ltx2Given& given, const Ltx2Conditions& conditions);

}  // namespace kinema::pipeline
