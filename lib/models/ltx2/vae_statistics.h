// The normalised space that latents are sampled in, and the autoencoder's own.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/ltx2_video_vae_config.h"
#include "nn/param_scope.h"

namespace kinema::ltx2 {

// Mean and deviation of each channel, which the checkpoint has. Latents are [1, C, T, H, W], in
// whatever type.
class LatentStatistics {
 public:
  // `scope`: the root of the autoencoder's checkpoint.
  LatentStatistics(const nn::ParamScope& scope, const config::Ltx2VideoVaeConfig& config);

  // As the decoder and the upsampler take them: z * std / scaling_factor + mean.
  at::Tensor denormalised(const at::Tensor& latents) const;
  // The opposite, for latents that are sampled further.
  at::Tensor normalised(const at::Tensor& latents) const;
  // The same for a picture's latents, to which the reference does not apply the scaling factor.
  at::Tensor normalised_picture(const at::Tensor& latents) const;

 private:
  at::Tensor centred(const at::Tensor& latents) const;

  at::Tensor mean_, std_;  // [1, C, 1, 1, 1]
  double scaling_factor_;
};

}  // namespace kinema::ltx2
