// The language model of Gemma 3 as a text encoder: what every one of its layers hands on.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/gemma3_text_config.h"
#include "nn/layers.h"
#include "nn/seams.h"
#include "text/decoder_linears.h"
#include "text/embedding.h"
#include "text/half_rotary.h"
#include "weights/name_map.h"

namespace kinema::text {

// x / rms(x) times (1 + weight) over the last dimension, all in float32, then rounded to x's type.
class GemmaRmsNorm {
 public:
  GemmaRmsNorm(const nn::ParamScope& scope, int64_t width, double eps);
  at::Tensor operator()(const at::Tensor& x) const;
  at::TensorOptions options() const { return weight_.options(); }

 private:
  at::Tensor weight_;
  double eps_;
};

// Attention to the tokens before, all of them or those in a window, and a gated MLP; each between
// two norms.
class Gemma3TextLayer {
 public:
  Gemma3TextLayer(const nn::ParamScope& scope,
                  const config::Gemma3TextConfig& config,
                  int64_t index);
  // Updates x [1, S, C] in place. `rotary` is that of this layer's kind.
  void operator()(at::Tensor& x, const HalfRotary& rotary) const;

  bool is_sliding() const { return window_ > 0; }

 private:
  at::Tensor attended(const at::Tensor& x, const HalfRotary& rotary) const;

  int64_t head_dim_, window_;  // 0: the layer sees every token before
  double scale_;
  GemmaRmsNorm input_norm_, post_attention_norm_, pre_feedforward_norm_, post_feedforward_norm_;
  GemmaRmsNorm q_norm_, k_norm_;
  DecoderLinears linears_;
};

class Gemma3TextModel {
 public:
  Gemma3TextModel(const nn::ParamScope& scope, const config::Gemma3TextConfig& config);

  // How a checkpoint names what this model takes, and what it has no use for: the vision tower and
  // the head.
  static weights::NameMap names();

  // ids [S] int64, without padding, at the positions `first` to `first` + S - 1 -> [1, S, C, N]:
  // transformers' N = num_layers() + 1 hidden states (the scaled embedding, the layers' outputs,
  // the last of them normed), in the parameters' type. `blocks` is told of each layer.
  at::Tensor operator()(const at::Tensor& ids, int64_t first, nn::BlockWeights& blocks) const;

  int64_t num_layers() const { return static_cast<int64_t>(layers_.size()); }

 private:
  int64_t head_dim_;
  HalfRotaryRates full_, sliding_;
  Embedding embed_tokens_;
  std::vector<Gemma3TextLayer> layers_;
  GemmaRmsNorm norm_;
};

}  // namespace kinema::text
