// Source: _denormalize_latents and _normalize_latents of diffusers' LTX-2 pipelines.
#include "models/ltx2/vae_statistics.h"

namespace kinema::ltx2 {

LatentStatistics::LatentStatistics(const nn::ParamScope& scope,
                                   const config::Ltx2VideoVaeConfig& config)
    : mean_(scope.take("latents_mean", {config.latent_channels}).view({1, -1, 1, 1, 1})),
      std_(scope.take("latents_std", {config.latent_channels}).view({1, -1, 1, 1, 1})),
      scaling_factor_(config.scaling_factor) {}

at::Tensor LatentStatistics::denormalised(const at::Tensor& latents) const {
  return latents * std_.to(latents) / scaling_factor_ + mean_.to(latents);
}

at::Tensor LatentStatistics::normalised(const at::Tensor& latents) const {
  return centred(latents) * scaling_factor_ / std_.to(latents);
}

at::Tensor LatentStatistics::normalised_picture(const at::Tensor& latents) const {
  return centred(latents) / std_.to(latents);
}

at::Tensor LatentStatistics::centred(const at::Tensor& latents) const {
  return latents - mean_.to(latents);
}

}  // namespace kinema::ltx2
