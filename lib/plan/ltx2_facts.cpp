// Passes as the reference decides on them, without those that would repeat another.
#include "plan/ltx2_facts.h"

#include <algorithm>
#include <cmath>

namespace kinema::plan {
namespace {

bool perturbs(const Ltx2Configs& configs, const config::Request& request) {
  const auto& blocks = *request.spatio_temporal_guidance_blocks;
  return configs.transformer.perturbed_attn &&
         std::any_of(blocks.begin(), blocks.end(), [&](int64_t block) {
           return block >= 0 && block < configs.transformer.num_layers;
         });
}

}  // namespace

Ltx2Passes ltx2_passes(const Ltx2Configs& configs, const config::Request& request) {
  Ltx2Passes passes;
  passes.negative = *request.guidance_scale > 1 || *request.audio_guidance_scale > 1;
  passes.perturbed =
      (*request.stg_scale > 0 || *request.audio_stg_scale > 0) && perturbs(configs, request);
  passes.isolated = *request.modality_scale > 1 || *request.audio_modality_scale > 1;
  return passes;
}

int64_t ltx2_condition_frame(const config::Condition& condition, int64_t frames) {
  return condition.index < 0 ? condition.index + frames : condition.index;
}

int64_t ltx2_appended_frames(const config::Request& request, int64_t frames) {
  if (!request.conditions) return 0;
  return std::count_if(request.conditions->begin(), request.conditions->end(),
                       [&](const auto& one) { return ltx2_condition_frame(one, frames) != 0; });
}

int64_t ltx2_audio_frames(const Ltx2Configs& configs, int64_t frames, const config::Rational& fps) {
  const auto& audio = configs.audio_vae;
  const double seconds = static_cast<double>(frames) / fps.value();
  const double per_second = static_cast<double>(audio.sample_rate) /
                            static_cast<double>(audio.mel_hop_length) /
                            static_cast<double>(config::Ltx2AudioVaeConfig::kCompression);
  return static_cast<int64_t>(std::nearbyint(seconds * per_second));
}

std::vector<int64_t> ltx2_audio_shape(const Ltx2Configs& configs,
                                      int64_t frames,
                                      const config::Rational& fps) {
  return {1, configs.audio_vae.latent_channels, ltx2_audio_frames(configs, frames, fps),
          configs.audio_vae.latent_mel_bins()};
}

}  // namespace kinema::plan
