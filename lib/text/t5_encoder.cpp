// Attention here has no 1/sqrt(D): T5 folds it into its weights.
#include "text/t5_encoder.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/where.h>

namespace kinema::text {
namespace {

nn::Linear linear(const nn::ParamScope& scope, int64_t in, int64_t out) {
  return nn::Linear(scope, in, out, nn::Bias::kNone);
}

Embedding embedding(const nn::ParamScope& scope, const config::T5EncoderConfig& config) {
  const auto shared = scope / "shared", own = scope / "encoder" / "embed_tokens";
  return Embedding(own.has("weight") && !shared.has("weight") ? own : shared, config.vocab_size,
                   config.d_model);
}

}  // namespace

T5Block::T5Block(const nn::ParamScope& scope, const config::T5EncoderConfig& config)
    : head_dim_(config.d_kv),
      attention_norm_(scope / "layer.0.layer_norm", config.d_model, config.layer_norm_epsilon),
      feed_forward_norm_(scope / "layer.1.layer_norm", config.d_model, config.layer_norm_epsilon),
      q_(linear(scope / "layer.0.SelfAttention.q", config.d_model, config.num_heads * config.d_kv)),
      k_(linear(scope / "layer.0.SelfAttention.k", config.d_model, config.num_heads * config.d_kv)),
      v_(linear(scope / "layer.0.SelfAttention.v", config.d_model, config.num_heads * config.d_kv)),
      o_(linear(scope / "layer.0.SelfAttention.o", config.num_heads * config.d_kv, config.d_model)),
      wi_0_(linear(scope / "layer.1.DenseReluDense.wi_0", config.d_model, config.d_ff)),
      wi_1_(linear(scope / "layer.1.DenseReluDense.wi_1", config.d_model, config.d_ff)),
      wo_(linear(scope / "layer.1.DenseReluDense.wo", config.d_ff, config.d_model)) {}

at::Tensor T5Block::attended(const at::Tensor& x, const at::Tensor& bias) const {
  auto heads = [&](const nn::Linear& project) {
    return project(x).unflatten(-1, {-1, head_dim_}).transpose(1, 2);
  };
  auto y = at::scaled_dot_product_attention(heads(q_), heads(k_), heads(v_), bias,
                                            /*dropout_p=*/0.0, /*is_causal=*/false, /*scale=*/1.0);
  return o_(y.transpose(1, 2).flatten(2));
}

void T5Block::operator()(at::Tensor& x, const at::Tensor& bias) const {
  x.add_(attended(attention_norm_(x), bias));
  const auto h = feed_forward_norm_(x);
  x.add_(wo_(at::gelu(wi_0_(h), "tanh").mul_(wi_1_(h))));
}

T5Encoder::T5Encoder(const nn::ParamScope& scope,
                     const nn::ParamScope& present,
                     const config::T5EncoderConfig& config)
    : num_buckets_(config.relative_attention_num_buckets),
      max_distance_(config.relative_attention_max_distance),
      relative_attention_bias_(
          (present / "encoder.block.0.layer.0.SelfAttention.relative_attention_bias")
              .take("weight", {config.relative_attention_num_buckets, config.num_heads})),
      embedding_(embedding(scope, config)),
      final_norm_(scope / "encoder.final_layer_norm", config.d_model, config.layer_norm_epsilon) {
  for (int64_t i = 0; i < config.num_layers; ++i)
    blocks_.emplace_back(scope / "encoder.block" / i, config);
}

weights::NameMap T5Encoder::names() {
  return {{}, {"shared.weight", "encoder.embed_tokens.weight", "decoder.*", "lm_head.*"}};
}

at::Tensor t5_position_buckets(int64_t length, int64_t num_buckets, int64_t max_distance) {
  const auto half = num_buckets / 2, exact = half / 2;
  auto positions = at::arange(length, at::kLong);
  auto relative = positions.unsqueeze(0) - positions.unsqueeze(1);  // key - query
  auto distance = relative.abs();
  // In float32 and in this order, so that the borders fall where the reference's fall.
  auto logarithmic = (distance.to(at::kFloat) / exact).log() /
                     std::log(static_cast<double>(max_distance) / static_cast<double>(exact)) *
                     (half - exact);
  auto far = (logarithmic.clamp(0).to(at::kLong) + exact).clamp_max(half - 1);
  return (relative > 0).to(at::kLong) * half + at::where(distance < exact, distance, far);
}

at::Tensor T5Encoder::position_bias(int64_t length) const {
  const auto& table = relative_attention_bias_;
  auto buckets = t5_position_buckets(length, num_buckets_, max_distance_).to(table.device());
  return at::index_select(table, 0, buckets.flatten())
      .view({length, length, -1})
      .permute({2, 0, 1})
      .unsqueeze(0);
}

at::Tensor T5Encoder::operator()(const at::Tensor& ids, nn::BlockWeights& blocks) const {
  auto x = embedding_(ids, relative_attention_bias_.options());
  const auto bias = position_bias(ids.size(0));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks.enter(static_cast<int64_t>(i));
    blocks_[i](x, bias);
    blocks.leave(static_cast<int64_t>(i));
  }
  return final_norm_(x);
}

}  // namespace kinema::text
