// What encoder and decoder share: which level changes what.
#pragma once

#include <optional>
#include <vector>

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

}  // namespace kinema::hunyuan15
