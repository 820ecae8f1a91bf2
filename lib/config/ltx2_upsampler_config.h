// latent_upsampler/config.json (LTX2LatentUpsamplerModel), with the reference class's defaults.
#pragma once

#include <cstdint>

#include "config/config_reader.h"

namespace kinema::config {

struct Ltx2UpsamplerConfig {
  int64_t in_channels = 128, mid_channels = 1024;
  int64_t num_blocks_per_stage = 4;
  int64_t dims = 3;  // 2: no layer sees more than one frame
  bool spatial_upsample = true, temporal_upsample = false;
  // Frames of spatially upsampled latents are first enlarged `enlarged` times, then reduced
  // `reduced` times; without the resampler they are just doubled.
  bool use_rational_resampler = true;
  int64_t enlarged = 2, reduced = 1;

  // Whether rows and columns change by the resampler.
  bool is_rational() const {
    return spatial_upsample && !temporal_upsample && use_rational_resampler;
  }
};

// Throws Error(kModel).
Ltx2UpsamplerConfig read_ltx2_upsampler(ConfigReader reader);

}  // namespace kinema::config
