// Heads and widths come from the transformer, branches from the guidance.
#include "plan/split_limits.h"

namespace kinema::plan {

SplitLimits split_limits(const config::Request& request, const ModelFacts& model, int64_t tokens) {
  const auto& transformer = model.hunyuan15.transformer;
  SplitLimits limits;
  limits.heads = transformer.num_attention_heads;
  limits.mlp_width = transformer.mlp_width();
  limits.branches = model.branches(*request.guidance_scale);
  limits.tokens = tokens;
  limits.vae_tiled = request.vae_tiling != config::VaeTiling::kOff;
  return limits;
}

int64_t video_tokens(const config::Request& request, const ModelFacts& model) {
  const auto& transformer = model.hunyuan15.transformer;
  const auto latent =
      latent_shape({*request.width, *request.height, *request.num_frames}, model.shape);
  return latent.frames / transformer.patch_size_t * (latent.height / transformer.patch_size) *
         (latent.width / transformer.patch_size);
}

}  // namespace kinema::plan
