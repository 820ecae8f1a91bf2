// Source: diffusers' HunyuanVideo15PatchEmbed and the end of its transformer's forward.
#include "models/hunyuan15/embeddings.h"

#include <ATen/ops/linear.h>

namespace kinema::hunyuan15 {

TokenGrid token_grid(at::IntArrayRef latents, const Patch& patch) {
  return {latents[2] / patch.frames, latents[3] / patch.edge, latents[4] / patch.edge};
}

at::Tensor patches(const at::Tensor& latents, const Patch& patch) {
  auto [t, h, w] = token_grid(latents.sizes(), patch);
  return latents.reshape({1, -1, t, patch.frames, h, patch.edge, w, patch.edge})
      .permute({0, 2, 4, 6, 1, 3, 5, 7})
      .reshape({1, t * h * w, -1});
}

at::Tensor unpatched(const at::Tensor& tokens, const TokenGrid& grid, const Patch& patch) {
  auto [t, h, w] = grid;
  return tokens.reshape({1, t, h, w, -1, patch.frames, patch.edge, patch.edge})
      .permute({0, 4, 1, 5, 2, 6, 3, 7})
      .reshape({1, -1, t * patch.frames, h * patch.edge, w * patch.edge});
}

PatchEmbedding::PatchEmbedding(const nn::ParamScope& scope,
                               const config::Hunyuan15TransformerConfig& config)
    : weight_(scope
                  .take("weight",
                        {config.width(), config.in_channels, config.patch_size_t, config.patch_size,
                         config.patch_size})
                  .flatten(1)),
      bias_(scope.take("bias", {config.width()})) {}

at::Tensor PatchEmbedding::operator()(const at::Tensor& patches) const {
  return at::linear(patches.to(weight_.scalar_type()), weight_.narrow(1, 0, patches.size(-1)),
                    bias_);
}

}  // namespace kinema::hunyuan15
