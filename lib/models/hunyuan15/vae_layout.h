// What encoder and decoder share: which level changes what, and how videos lie in memory.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/vae_blocks.h"

namespace kinema::hunyuan15 {

// Channels of each level, from the pixels to the latents and back.
std::vector<int64_t> encoder_widths(const config::Hunyuan15VaeConfig& config);
std::vector<int64_t> decoder_widths(const config::Hunyuan15VaeConfig& config);

// Whether the resolution changes behind a level of the encoder (decoder), and if so, what happens
// to time.
std::optional<Time> downsampled(const config::Hunyuan15VaeConfig& config, size_t level);
std::optional<Time> upsampled(const config::Hunyuan15VaeConfig& config, size_t level);

// [1, C, T, H, W] -> [T, H, W, C], contiguous, and back (without a copy).
at::Tensor clip_of(const at::Tensor& video);
at::Tensor video_of(const at::Tensor& clip);

}  // namespace kinema::hunyuan15
