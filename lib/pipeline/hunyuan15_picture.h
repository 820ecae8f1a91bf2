// The picture of an image-to-video job: fitted to the frame, described by the vision encoder, and
// as latents.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/runtime.h"

namespace kinema::pipeline {

struct Picture {
  at::Tensor embeds;   // [1, N, image_embed_dim], on every rank
  at::Tensor latents;  // [1, C, 1, H, W], on every rank
};

// Reads and fits request.image, which must be given. The encoders are loaded for this call only.
Picture encode_image(Runtime& runtime);

}  // namespace kinema::pipeline
