// Heads and widths are the family's, branches come from the guidance.
#include "plan/split_limits.h"

namespace kinema::plan {

SplitLimits split_limits(const config::Request& request, const ModelFacts& model, int64_t tokens) {
  SplitLimits limits;
  limits.heads = model.rules().heads(model);
  limits.mlp_width = model.rules().mlp_width(model);
  limits.branches = model.rules().branches(model, request);
  limits.tokens = tokens;
  limits.vae_tiled = request.vae_tiling != config::VaeTiling::kOff;
  return limits;
}

int64_t video_tokens(const config::Request& request, const ModelFacts& model) {
  auto latent = latent_shape({*request.width, *request.height, *request.num_frames}, model.shape);
  latent.frames += model.rules().appended_frames(request, latent);
  return token_count(latent, model.shape);
}

}  // namespace kinema::plan
