// A double-stream block: 4 d^2 of attention's matrices and 2 * ratio * d^2 of the MLP for each
// stream, and attention of all tokens with all.
#include "plan/hunyuan15_cost.h"

#include "plan/memory_weights.h"

namespace kinema::plan {

DenoiserShape hunyuan15_denoiser(const config::Hunyuan15TransformerConfig& config,
                                 const DenoiserTokens& tokens,
                                 config::Dtype dtype) {
  const auto width = static_cast<double>(config.width());
  const auto video = static_cast<double>(tokens.video), text = static_cast<double>(tokens.text);
  const auto size = static_cast<double>(element_bytes(dtype));
  // Multiply and add for each weight; modulation is computed once for all steps.
  const double weights = (4 + 2 * config.mlp_ratio) * width * width;
  DenoiserShape shape;
  shape.blocks = config.num_layers;
  shape.passes = tokens.passes;
  shape.token_flops = 2 * weights * video;
  shape.context_flops = 2 * weights * text;
  shape.attention_flops = 4 * (video + text) * (video + text) * width;
  shape.token_bytes = video * width * size;
  shape.context_bytes = text * width * size;
  shape.merge_bytes = kMergeBytes * video * width;
  shape.block_bytes = static_cast<uint64_t>(2 * weights * size);  // of both streams
  // In the transformer's type; a token is a patch of the latent.
  shape.prediction_bytes =
      video * size * static_cast<double>(config.out_channels) *
      static_cast<double>(config.patch_size * config.patch_size * config.patch_size_t);
  return shape;
}

}  // namespace kinema::plan
