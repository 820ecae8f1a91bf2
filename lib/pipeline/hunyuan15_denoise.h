// From noise to latents: the loop over the steps, with guidance and its branches spread over ranks.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/condition_embedder.h"
#include "pipeline/hunyuan15_transformer.h"
#include "pipeline/loaded_network.h"
#include "pipeline/runtime.h"
#include "sampling/guidance.h"

namespace kinema::pipeline {

// Guidance as the checkpoint and the job say.
sampling::Guidance guidance_of(const plan::ModelFacts& model, const config::Request& job);

// What a picture adds: its latents [1, C, 1, H, W]; undefined for text-to-video.
struct FirstFrame {
  at::Tensor latents;
};

// The transformer is loaded for the first job and stays until release().
class Hunyuan15Denoiser {
 public:
  // conditions: the prompt's, and the negative prompt's if guidance needs it in any step. Returns
  // [1, C, T, H, W] float32, equal on every rank of the replica.
  at::Tensor denoise(Runtime& runtime,
                     const std::vector<hunyuan15::Condition>& conditions,
                     const FirstFrame& first_frame);

  // Has a thread load the transformer, on a rank that denoises and has none.
  void load_ahead(const Runtime& runtime) {
    if (runtime.team.denoises()) transformer_.load_ahead(runtime, LoadAhead::When::kNow);
  }
  void release() { transformer_.release(); }

 private:
  at::Tensor denoised(Runtime& runtime,
                      const std::vector<hunyuan15::Condition>& conditions,
                      const FirstFrame& first_frame);

  LoadedNetwork<Hunyuan15Transformer> transformer_;
};

}  // namespace kinema::pipeline
