// Source: the denoising loop of diffusers' pipelines/ltx2/pipeline_ltx2.py.
#include "sampling/multimodal_guidance.h"

#include "sampling/guidance.h"

namespace kinema::sampling {

at::Tensor guided(const Predictions& x0, const GuidanceScales& scales) {
  auto sum = x0.conditional;
  auto away_from = [&](const at::Tensor& weaker, double strength) {
    if (weaker.defined()) sum = sum + (x0.conditional - weaker) * strength;
  };
  away_from(x0.unconditional, scales.guidance - 1);
  away_from(x0.perturbed, scales.stg);
  away_from(x0.isolated, scales.modality - 1);
  return scales.rescale > 0 ? rescaled(sum, x0.conditional, scales.rescale) : sum;
}

at::Tensor velocity_to_x0(const at::Tensor& latents, const at::Tensor& velocity, float sigma) {
  return latents - velocity.to(at::kFloat) * sigma;
}

at::Tensor x0_to_velocity(const at::Tensor& latents, const at::Tensor& x0, float sigma) {
  return (latents - x0) / sigma;
}

}  // namespace kinema::sampling
