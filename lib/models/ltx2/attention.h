// The layers around every attention of LTX-2: projections, norms of queries and keys over all heads
// together, gates on the heads. Who attends to whom is the caller's business. Shapes: L tokens, H
// heads, D width of a head.
#pragma once

#include <optional>
#include <utility>

#include <ATen/core/Tensor.h>

#include "models/ltx2/rotary.h"
#include "nn/layers.h"
#include "nn/linear_stack.h"
#include "nn/param_scope.h"
#include "nn/seams.h"

namespace kinema::ltx2 {

struct AttentionShape {
  int64_t query_width, context_width;
  int64_t heads, head_dim;
  double eps = 1e-6;
  nn::Bias bias = nn::Bias::kPresent, out_bias = nn::Bias::kPresent;
  bool gated = false;
};

// RMS norm over the channels of all heads, in float32 and the weight with it.
class AcrossHeadsNorm {
 public:
  AcrossHeadsNorm(const nn::ParamScope& scope, int64_t width, double eps);
  at::Tensor operator()(const at::Tensor& x) const;  // [B, L, H * D]
  // Whether the whole row is here.
  bool is_whole() const { return !after_; }
  const at::Tensor& weight() const { return weight_; }
  double eps() const { return eps_; }
  // Two tensors by two norms at once: where sums must be completed, both wait for one completion;
  // neither is whole.
  static std::pair<at::Tensor, at::Tensor> together(const AcrossHeadsNorm& norm,
                                                    const at::Tensor& x,
                                                    const AcrossHeadsNorm& other_norm,
                                                    const at::Tensor& y);

 private:
  at::Tensor scaled(const at::Tensor& x, const at::Tensor& squares) const;

  at::Tensor weight_;
  weights::OutputOp after_;
  double width_, eps_;
};

struct KeysValues {
  at::Tensor k, v;  // [B, L, H, D]
};

// How many heads are here is the weights' business: tensors have as many as were given.
class Attention {
 public:
  Attention(const nn::ParamScope& scope, const AttentionShape& shape);

  // x [B, L, query_width] -> normed queries [B, L, H, D].
  at::Tensor queries(const at::Tensor& x) const;
  // context [B, L, context_width] -> normed keys, and values.
  KeysValues keys_values(const at::Tensor& context) const;
  // All three at once, queries and keys turned, into their places.
  void queries_keys_values(const at::Tensor& x,
                           const Rotary& x_rotary,
                           const at::Tensor& context,
                           const Rotary& context_rotary,
                           const nn::Elementwise& elementwise,
                           const nn::Qkv& places) const;
  nn::HeadShape head_shape() const;
  // The values alone, [B, L, H, D].
  at::Tensor values(const at::Tensor& context) const;
  // attended [B, L, H, D], which may be overwritten; x: what the queries were made of ->
  // [B, L, query_width].
  at::Tensor out(at::Tensor attended, const at::Tensor& x) const;

 private:
  // Products of queries, and of keys and values.
  at::Tensor query_product(const at::Tensor& x) const;
  size_t keys() const { return q_ ? 0 : 1; }  // the place of the keys' layer among stacked_

  int64_t head_dim_;
  std::optional<nn::Linear> q_;  // if it reads other widths than the others
  nn::LinearStack stacked_;      // of queries, keys and values, or of the latter
  nn::Linear out_;
  AcrossHeadsNorm q_norm_, k_norm_;
  std::optional<nn::Linear> gate_;
};

// softmax(q k^T / sqrt(D)) v.
at::Tensor attended(const at::Tensor& q, const KeysValues& context);

}  // namespace kinema::ltx2
