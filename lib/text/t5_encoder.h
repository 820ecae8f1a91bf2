// The encoder half of T5 1.1 (ByT5): RMS norms before each part, gated GELU, positions as a bias on
// the scores.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/layers.h"
#include "nn/seams.h"
#include "text/embedding.h"
#include "weights/name_map.h"

namespace kinema::text {

// S tokens, C width, D width of a head, H heads.
class T5Block {
 public:
  T5Block(const nn::ParamScope& scope, const config::T5EncoderConfig& config);
  // Updates x [1, S, C] in place; bias [1, H, S, S].
  void operator()(at::Tensor& x, const at::Tensor& bias) const;

 private:
  at::Tensor attended(const at::Tensor& x, const at::Tensor& bias) const;

  int64_t head_dim_;
  nn::RmsNorm attention_norm_, feed_forward_norm_;
  nn::Linear q_, k_, v_, o_;
  nn::Linear wi_0_, wi_1_, wo_;
};

class T5Encoder {
 public:
  T5Encoder(const nn::ParamScope& scope, const config::T5EncoderConfig& config)
      : T5Encoder(scope, scope, config) {}
  // `present`: where the table of positions is taken from, which stands in the first block but is
  // read before it.
  T5Encoder(const nn::ParamScope& scope,
            const nn::ParamScope& present,
            const config::T5EncoderConfig& config);

  // What a checkpoint may hold that is not taken: the second name of the embedding, a decoder.
  static weights::NameMap names();

  // ids [S] int64, without padding -> [1, S, C]. `blocks` is told of each block.
  at::Tensor operator()(const at::Tensor& ids, nn::BlockWeights& blocks) const;

  int64_t num_layers() const { return static_cast<int64_t>(blocks_.size()); }

 private:
  at::Tensor position_bias(int64_t length) const;

  int64_t num_buckets_, max_distance_;
  at::Tensor relative_attention_bias_;  // [buckets, H], the first block's, used by all
  Embedding embedding_;
  std::vector<T5Block> blocks_;
  nn::RmsNorm final_norm_;
};

// Which of `num_buckets` stands for the distance from each query to each key, [length, length]
// int64: one each up to a quarter of them, then logarithmic up to `max_distance`; the upper half
// for keys that come later.
at::Tensor t5_position_buckets(int64_t length, int64_t num_buckets, int64_t max_distance);

}  // namespace kinema::text
