// The language model of Qwen2.5-VL as a text encoder: the hidden states two layers before the end.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/layers.h"
#include "nn/seams.h"
#include "text/decoder_linears.h"
#include "text/embedding.h"
#include "text/half_rotary.h"
#include "weights/name_map.h"

namespace kinema::text {

// S tokens, C width, D width of a head.
class QwenTextLayer {
 public:
  QwenTextLayer(const nn::ParamScope& scope, const config::QwenTextConfig& config);
  // Updates x [1, S, C] in place.
  void operator()(at::Tensor& x, const HalfRotary& rotary) const;

 private:
  at::Tensor attended(const at::Tensor& x, const HalfRotary& rotary) const;

  int64_t head_dim_;
  nn::RmsNorm input_norm_, post_attention_norm_;
  DecoderLinears linears_;
};

class QwenTextModel {
 public:
  QwenTextModel(const nn::ParamScope& scope, const config::QwenTextConfig& config);

  // How a checkpoint names what this model takes, and what it has no use for: the last two layers,
  // the final norm, the head and the vision tower.
  static weights::NameMap names(const config::QwenTextConfig& config);

  // ids [S] int64, without padding, causal -> [1, S, C]: transformers' hidden_states[-3], no final
  // norm. `blocks` is told of each layer.
  at::Tensor operator()(const at::Tensor& ids, nn::BlockWeights& blocks) const;

  int64_t num_layers() const { return static_cast<int64_t>(layers_.size()); }

 private:
  int64_t head_dim_;
  double rope_theta_;
  at::TensorOptions like_;
  Embedding embed_tokens_;
  std::vector<QwenTextLayer> layers_;
};

}  // namespace kinema::text
