// From noise to latents of video and sound: the loop over the steps, with guidance and its passes
// spread over ranks.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "models/ltx2/connectors.h"
#include "pipeline/loaded_network.h"
#include "pipeline/ltx2_given.h"
#include "pipeline/ltx2_transformer.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// The transformer is loaded for the first job and stays until release().
class Ltx2Denoiser {
 public:
  // conditions: the prompt's, and the negative prompt's if a pass needs it. Returns normalised
  // latents in float32, video [1, C, T, H, W] and sound [1, C, L, M], equal on every rank of the
  // replica.
  Latents denoise(Runtime& runtime,
                  const std::vector<ltx2::TextEmbeds>& conditions,
                  const Ltx2Given& given);

  // Has a thread load the transformer, on a rank that denoises and has none.
  void load_ahead(const Runtime& runtime) {
    if (runtime.team.denoises()) transformer_.load_ahead(runtime, LoadAhead::When::kNow);
  }
  void release() { transformer_.release(); }

 private:
  Latents denoised(Runtime& runtime,
                   const std::vector<ltx2::TextEmbeds>& conditions,
                   const Ltx2Given& given);

  LoadedNetwork<Ltx2Transformer> transformer_;
};

}  // namespace kinema::pipeline
