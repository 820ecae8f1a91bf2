// The video autoencoder's encoder: pixels to the latents' means.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_video_vae_config.h"
#include "models/ltx2/vae_blocks.h"

namespace kinema::ltx2 {

// One level: residual blocks, then perhaps a coarser grid.
class VaeDownLevel {
 public:
  VaeDownLevel(const nn::ParamScope& scope,
               const config::Ltx2DownLevel& level,
               const config::Ltx2VideoVaeConfig& config);
  at::Tensor operator()(at::Tensor x, Flow& flow) const;

 private:
  std::vector<VaeResnet> resnets_;
  std::optional<VaeDownsample> downsample_;
};

class VideoEncoder {
 public:
  // `scope`: the "encoder" of the checkpoint.
  VideoEncoder(const nn::ParamScope& scope, const config::Ltx2VideoVaeConfig& config);

  // Pixels [1, 3, 8k + 1, 32H, 32W] in -1..1 -> means [1, C, k + 1, H, W] in the decoder's space;
  // the reference takes the distribution's mode. Throws Error(kInternal) for other numbers of
  // frames.
  at::Tensor operator()(const at::Tensor& pixels) const;

 private:
  config::Ltx2VideoVaeConfig config_;
  VaeConv conv_in_;
  std::vector<VaeDownLevel> levels_;
  std::vector<VaeResnet> mid_;
  VaeConv conv_out_;
};

}  // namespace kinema::ltx2
