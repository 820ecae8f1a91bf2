// Between latents and tokens: patches, their embedding, and back.
#pragma once

#include <array>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/param_scope.h"

namespace kinema::hunyuan15 {

// Latent positions that one token covers: frames, rows, columns.
struct Patch {
  explicit Patch(const config::Hunyuan15TransformerConfig& config)
      : frames(config.patch_size_t), edge(config.patch_size) {}
  int64_t frames, edge;

  int64_t volume() const { return frames * edge * edge; }
};

// Tokens along time, height and width; a token's index counts columns fastest.
using TokenGrid = std::array<int64_t, 3>;
TokenGrid token_grid(at::IntArrayRef latents, const Patch& patch);

// [1, C, T, H, W] -> [1, tokens, C * patch volume]: a token's values in the order channel, frame,
// row, column.
at::Tensor patches(const at::Tensor& latents, const Patch& patch);
// The reverse.
at::Tensor unpatched(const at::Tensor& tokens, const TokenGrid& grid, const Patch& patch);

// The reference's strided convolution, as a product for each token.
class PatchEmbedding {
 public:
  PatchEmbedding(const nn::ParamScope& scope, const config::Hunyuan15TransformerConfig& config);
  // [1, L, c * patch volume] -> [1, L, C] in the parameters' type. c may be less than in_channels:
  // the channels behind are then zero everywhere and cost nothing.
  at::Tensor operator()(const at::Tensor& patches) const;

 private:
  at::Tensor weight_, bias_;
};

}  // namespace kinema::hunyuan15
