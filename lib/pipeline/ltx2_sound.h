// The sound of an LTX-2 job: latents to a waveform.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "models/ltx2/audio_vae.h"
#include "models/ltx2/vocoder.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// Both networks are loaded when they are first used and stay until release().
class Ltx2Sound {
 public:
  // latents [1, C, L, M], normalised -> [channels, samples] float32.
  at::Tensor decode(Runtime& runtime, const at::Tensor& latents);

  void release();

 private:
  void load(Runtime& runtime);

  std::optional<ltx2::AudioVae> vae_;
  std::optional<ltx2::Vocoder> vocoder_;
};

}  // namespace kinema::pipeline
