// The text refiner: two transformer blocks that prepare the language model's tokens, gated by time
// and the text's mean.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/layers.h"
#include "nn/linear_stack.h"

namespace kinema::hunyuan15 {

// Pre-norm attention and MLP whose results pass a gate; no position, no mask.
class RefinerBlock {
 public:
  RefinerBlock(const nn::ParamScope& block, const config::Hunyuan15TransformerConfig& config);

  // What attention adds to x before its gate, [1, S, C]: it does not depend on the time.
  at::Tensor attended(const at::Tensor& x) const;
  // The whole block, given that. time_and_text: [1, C].
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& attended,
                        const at::Tensor& time_and_text) const;

 private:
  int64_t head_dim_;
  nn::LayerNorm norm1_, norm2_;
  nn::LinearStack qkv_;
  nn::Linear out_;
  nn::FeedForward mlp_;
  nn::Linear gates_;
};

class TextRefiner {
 public:
  TextRefiner(const nn::ParamScope& refiner, const config::Hunyuan15TransformerConfig& config);

  // What of a prompt no step changes.
  struct Prepared {
    at::Tensor pooled;    // [1, C]
    at::Tensor tokens;    // [1, S, C]
    at::Tensor attended;  // the first block's attention, [1, S, C]; undefined without blocks
  };
  // text: [1, S, text_embed_dim], valid tokens only.
  Prepared prepare(const at::Tensor& text) const;

  // time: [1, C], ModulationTable::refiner_time -> [1, S, C].
  at::Tensor operator()(const Prepared& text, const at::Tensor& time) const;

 private:
  nn::Linear pooled_1_, pooled_2_, in_;
  std::vector<RefinerBlock> blocks_;
};

}  // namespace kinema::hunyuan15
