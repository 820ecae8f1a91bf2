// Rounding where transformers rounds: after each norm, product and sum.
#include "text/gemma3_text_model.h"

#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/scalar_tensor.h>

#include "text/causal_attention.h"

namespace kinema::text {

GemmaRmsNorm::GemmaRmsNorm(const nn::ParamScope& scope, int64_t width, double eps)
    : weight_(scope.take("weight", {width})), eps_(eps) {}

at::Tensor GemmaRmsNorm::operator()(const at::Tensor& x) const {
  const auto wide = x.to(at::kFloat);
  auto y = wide * wide.pow(2).mean(-1, /*keepdim=*/true).add_(eps_).rsqrt_();
  return y.mul_(weight_.to(at::kFloat) + 1.0).to(x.scalar_type());
}

Gemma3TextLayer::Gemma3TextLayer(const nn::ParamScope& scope,
                                 const config::Gemma3TextConfig& config,
                                 int64_t index)
    : head_dim_(config.head_dim),
      window_(config.is_sliding[static_cast<size_t>(index)] ? config.sliding_window : 0),
      scale_(1.0 / std::sqrt(config.query_pre_attn_scalar)),
      input_norm_(scope / "input_layernorm", config.hidden_size, config.rms_norm_eps),
      post_attention_norm_(
          scope / "post_attention_layernorm", config.hidden_size, config.rms_norm_eps),
      pre_feedforward_norm_(
          scope / "pre_feedforward_layernorm", config.hidden_size, config.rms_norm_eps),
      post_feedforward_norm_(
          scope / "post_feedforward_layernorm", config.hidden_size, config.rms_norm_eps),
      q_norm_(scope / "self_attn" / "q_norm", config.head_dim, config.rms_norm_eps),
      k_norm_(scope / "self_attn" / "k_norm", config.head_dim, config.rms_norm_eps),
      linears_(scope, decoder_widths(config), nn::Bias::kNone) {}

at::Tensor Gemma3TextLayer::attended(const at::Tensor& x, const HalfRotary& rotary) const {
  // -1: how many heads are here is the weights' business.
  auto heads = [&](const at::Tensor& y) { return y.unflatten(-1, {-1, head_dim_}); };
  const auto qkv = linears_.qkv(x);
  const auto q = rotated(q_norm_(heads(qkv[0])), rotary);
  const auto k = rotated(k_norm_(heads(qkv[1])), rotary);
  return linears_.o(causal_attention(q, k, heads(qkv[2]), scale_, window_).flatten(2));
}

void Gemma3TextLayer::operator()(at::Tensor& x, const HalfRotary& rotary) const {
  x.add_(post_attention_norm_(attended(input_norm_(x), rotary)));
  const auto h = pre_feedforward_norm_(x);
  x.add_(post_feedforward_norm_(
      linears_.down(at::gelu(linears_.gate(h), "tanh").mul_(linears_.up(h)))));
}

Gemma3TextModel::Gemma3TextModel(const nn::ParamScope& scope,
                                 const config::Gemma3TextConfig& config)
    : head_dim_(config.head_dim),
      full_{config.full_rope.theta, config.full_rope.factor},
      sliding_{config.sliding_rope.theta, config.sliding_rope.factor},
      embed_tokens_(scope / "embed_tokens", config.vocab_size, config.hidden_size),
      norm_(scope / "norm", config.hidden_size, config.rms_norm_eps) {
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.emplace_back(scope / "layers" / i, config, i);
}

weights::NameMap Gemma3TextModel::names() {
  return {{"model.", "language_model."},
          {"vision_tower.*", "multi_modal_projector.*", "lm_head.*"}};
}

at::Tensor Gemma3TextModel::operator()(const at::Tensor& ids,
                                       int64_t first,
                                       nn::BlockWeights& blocks) const {
  const auto like = norm_.options();
  auto x = embed_tokens_(ids, like);
  // The factor is rounded to the run's type before the product is.
  x.mul_(at::scalar_tensor(std::sqrt(static_cast<double>(x.size(-1))), like));
  const Positions positions{ids.size(0), first};
  const auto full = half_rotary(positions, head_dim_, full_, like);
  const auto sliding = half_rotary(positions, head_dim_, sliding_, like);
  // Each state goes where it stays; only the current one exists beside them.
  auto states = at::empty({1, ids.size(0), x.size(-1), num_layers() + 1}, like);
  states.select(-1, 0).copy_(x);
  for (int64_t i = 0; i < num_layers(); ++i) {
    const auto& layer = layers_[static_cast<size_t>(i)];
    blocks.enter(i);
    layer(x, layer.is_sliding() ? sliding : full);
    blocks.leave(i);
    states.select(-1, i + 1).copy_(i + 1 < num_layers() ? x : norm_(x));
  }
  return states;
}

}  // namespace kinema::text
