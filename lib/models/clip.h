// How an autoencoder has a video in memory: a position's channels next to each other.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::models {

// [1, C, T, H, W] -> [T, H, W, C], contiguous, and back (without a copy). Throws Error(kInternal)
// for several videos.
at::Tensor clip_of(const at::Tensor& video);
at::Tensor video_of(const at::Tensor& clip);

}  // namespace kinema::models
