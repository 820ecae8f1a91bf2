// Grouped-query attention and a SiLU-gated MLP, both after an RMS norm.
#include "text/qwen_text_model.h"

#include <cmath>

#include <ATen/ops/silu.h>

#include "base/error.h"
#include "text/causal_attention.h"

namespace kinema::text {
namespace {

// The encoder's output is hidden_states[-3], so these layers at the end never run.
constexpr int64_t kSkippedLayers = 2;

// Type and device that the run's parameters have; the embedding may be stored in others.
at::TensorOptions run_options(const nn::ParamScope& scope, const config::QwenTextConfig& config) {
  if (config.num_hidden_layers <= kSkippedLayers) {
    throw Error(ErrorKind::kModel, "the text encoder's config.json: num_hidden_layers is " +
                                       std::to_string(config.num_hidden_layers) + "; more than " +
                                       std::to_string(kSkippedLayers) +
                                       " are wanted, because the last two are not used");
  }
  const auto norm = scope / "layers" / 0 / "input_layernorm";
  return norm.take("weight", {config.hidden_size}).options();
}

}  // namespace

QwenTextLayer::QwenTextLayer(const nn::ParamScope& scope, const config::QwenTextConfig& config)
    : head_dim_(config.head_dim),
      input_norm_(scope / "input_layernorm", config.hidden_size, config.rms_norm_eps),
      post_attention_norm_(
          scope / "post_attention_layernorm", config.hidden_size, config.rms_norm_eps),
      linears_(scope, decoder_widths(config), nn::Bias::kPresent) {}

at::Tensor QwenTextLayer::attended(const at::Tensor& x, const HalfRotary& rotary) const {
  // -1: how many heads are here is the weights' business.
  auto heads = [&](const at::Tensor& y) { return y.unflatten(-1, {-1, head_dim_}); };
  const auto qkv = linears_.qkv(x);
  const auto y = causal_attention(rotated(heads(qkv[0]), rotary), rotated(heads(qkv[1]), rotary),
                                  heads(qkv[2]), 1.0 / std::sqrt(static_cast<double>(head_dim_)));
  return linears_.o(y.flatten(2));
}

void QwenTextLayer::operator()(at::Tensor& x, const HalfRotary& rotary) const {
  x.add_(attended(input_norm_(x), rotary));
  const auto h = post_attention_norm_(x);
  x.add_(linears_.down(at::silu(linears_.gate(h)).mul_(linears_.up(h))));
}

QwenTextModel::QwenTextModel(const nn::ParamScope& scope, const config::QwenTextConfig& config)
    : head_dim_(config.head_dim),
      rope_theta_(config.rope_theta),
      like_(run_options(scope, config)),
      embed_tokens_(scope / "embed_tokens", config.vocab_size, config.hidden_size) {
  for (int64_t i = 0; i < config.num_hidden_layers - kSkippedLayers; ++i)
    layers_.emplace_back(scope / "layers" / i, config);
}

weights::NameMap QwenTextModel::names(const config::QwenTextConfig& config) {
  weights::NameMap names{{"model.", "language_model."}, {"visual.*", "lm_head.*", "norm.*"}};
  for (int64_t i = 1; i <= kSkippedLayers; ++i)
    names.unused.push_back("layers." + std::to_string(config.num_hidden_layers - i) + ".*");
  return names;
}

at::Tensor QwenTextModel::operator()(const at::Tensor& ids, nn::BlockWeights& blocks) const {
  auto x = embed_tokens_(ids, like_);
  const auto rotary =
      half_rotary({.length = ids.size(0)}, head_dim_, {.theta = rope_theta_}, like_);
  for (size_t i = 0; i < layers_.size(); ++i) {
    blocks.enter(static_cast<int64_t>(i));
    layers_[i](x, rotary);
    blocks.leave(static_cast<int64_t>(i));
  }
  return x;
}

}  // namespace kinema::text
