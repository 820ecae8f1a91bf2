// Source: the denoising loop of diffusers' pipelines/ltx2/pipeline_ltx2.py.
#include "sampling/multimodal_guidance.h"

#include "sampling/guidance.h"

namespace kinema::sampling {

GuidanceScales audio_scales(const GuidanceScales& audio, const GuidanceScales& video) {
  auto own = [](double scale, double fallback) { return scale != 0 ? scale : fallback; };
  return {own(audio.guidance, video.guidance), own(audio.stg, video.stg),
          own(audio.modality, video.modality), own(audio.rescale, video.rescale)};
}

std::vector<GuidancePass> guidance_passes(const GuidanceScales& video,
                                          const GuidanceScales& audio) {
  std::vector<GuidancePass> passes = {GuidancePass::kConditional};
  if (video.guidance > 1 || audio.guidance > 1) passes.push_back(GuidancePass::kUnconditional);
  if (video.stg > 0 || audio.stg > 0) passes.push_back(GuidancePass::kPerturbed);
  if (video.modality > 1 || audio.modality > 1) passes.push_back(GuidancePass::kIsolated);
  return passes;
}

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
