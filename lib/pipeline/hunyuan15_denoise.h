// From noise to latents: the loop over the steps, with guidance and its branches spread over ranks.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/condition_embedder.h"
#include "pipeline/runtime.h"
#include "sampling/guidance.h"

namespace kinema::pipeline {

// Guidance as the checkpoint and the request say.
sampling::Guidance guidance_of(const Runtime& runtime);

// What a picture adds: its latents [1, C, 1, H, W]; undefined for text-to-video.
struct FirstFrame {
  at::Tensor latents;
};

// conditions: the prompt's, and the negative prompt's if guidance needs it in any step. Returns [1,
// C, T, H, W] float32, equal on every rank of the replica.
at::Tensor denoise(Runtime& runtime,
                   const std::vector<hunyuan15::Condition>& conditions,
                   const FirstFrame& first_frame);

}  // namespace kinema::pipeline
