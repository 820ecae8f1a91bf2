// The picture of an image-to-video job: fitted to the frame, described by the vision encoder, and
// as latents.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "media/image.h"
#include "pipeline/hunyuan15_vae.h"
#include "pipeline/runtime.h"
#include "text/siglip_vision.h"

namespace kinema::pipeline {

struct Picture {
  at::Tensor embeds;   // [1, N, image_embed_dim], on every rank
  at::Tensor latents;  // [1, C, 1, H, W], on every rank
};

// The vision encoder is loaded when it is first used, and stays until release().
class Hunyuan15Picture {
 public:
  // Reads and fits request.image, which must be given.
  Picture encode(Runtime& runtime, Hunyuan15Vae& vae);

  void release() { encoder_.reset(); }

 private:
  const text::SiglipVision& encoder(Runtime& runtime);
  at::Tensor embeds(Runtime& runtime, const media::Image& fitted);

  std::optional<text::SiglipVision> encoder_;
};

}  // namespace kinema::pipeline
