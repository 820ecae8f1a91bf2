// The pictures of an LTX-2 job as the autoencoder gets them.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "pipeline/ltx2_vae.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// The normalised latents of the request's picture, [1, C, 1, H, W] float32 on every rank:
// compressed like a video's frame if the request says so, then fitted to the video's size.
at::Tensor encode_picture(Runtime& runtime, Ltx2Vae& vae);

// The same of each of request.conditions, but cut to the video's shape and not stretched.
std::vector<at::Tensor> encode_conditions(Runtime& runtime, Ltx2Vae& vae);

}  // namespace kinema::pipeline
