// Rounding where diffusers' LTX2TextConnectors rounds.
#include "models/ltx2/connectors.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sum.h>

#include "base/error.h"
#include "nn/beside.h"

namespace kinema::ltx2 {
namespace {

constexpr double kEps = 1e-6;
constexpr double kRangeScale = 8.0;
// So many tokens are normalised at a time: their float32 values are many times the result's size.
constexpr int64_t kTokensAtOnce = 128;

AttentionShape attention_shape(const config::Ltx2ConnectorConfig& config) {
  return {.query_width = config.width(),
          .context_width = config.width(),
          .heads = config.num_attention_heads,
          .head_dim = config.attention_head_dim,
          .eps = kEps,
          .gated = config.gated_attn};
}

// One factor for each of the scopes that the layout has.
std::vector<nn::Linear> projections(const nn::ParamScope& scope,
                                    const config::Ltx2ConnectorsConfig& config) {
  const auto bias = config.proj_bias ? nn::Bias::kPresent : nn::Bias::kNone;
  if (!config.per_modality_projections)
    return {{scope / "text_proj_in", config.features(), config.caption_channels, bias}};
  return {{scope / "video_text_proj_in", config.features(), config.video_hidden_dim, bias},
          {scope / "audio_text_proj_in", config.features(), config.audio_hidden_dim, bias}};
}

double width_ratio(int64_t width, const config::Ltx2ConnectorsConfig& config) {
  return std::sqrt(static_cast<double>(width) / static_cast<double>(config.caption_channels));
}

}  // namespace

at::Tensor range_normed(const at::Tensor& hidden) {
  const auto count = static_cast<double>(hidden.size(1) * hidden.size(2));
  const auto mean = hidden.sum({1, 2}, /*keepdim=*/true).to(at::kFloat).div_(count + kEps);
  const auto range = hidden.amax({1, 2}, true) - hidden.amin({1, 2}, true) + kEps;
  auto normed = at::empty_like(hidden);
  for (int64_t at = 0; at < hidden.size(1); at += kTokensAtOnce) {
    const auto tokens = std::min(kTokensAtOnce, hidden.size(1) - at);
    const auto values = (hidden.narrow(1, at, tokens) - mean).div_(range).mul_(kRangeScale);
    normed.narrow(1, at, tokens).copy_(values);
  }
  return normed;
}

at::Tensor token_normed(const at::Tensor& hidden) {
  return hidden * hidden.pow(2).mean(2, /*keepdim=*/true).add_(kEps).rsqrt_();
}

ConnectorBlock::ConnectorBlock(const nn::ParamScope& scope,
                               const config::Ltx2ConnectorConfig& config)
    : attention_(scope / "attn1", attention_shape(config)),
      feed_forward_(scope / "ff", config.width(), 4 * config.width(), nn::Activation::kGeluTanh) {}

void ConnectorBlock::operator()(at::Tensor& x, const Rotary& rotary) const {
  const auto h = nn::rms_normed(x, kEps);
  auto context = attention_.keys_values(h);
  context.k = rotated(context.k, rotary);
  x.add_(attention_.out(attended(rotated(attention_.queries(h), rotary), context), h));
  x.add_(feed_forward_(nn::rms_normed(x, kEps)));
}

Connector::Connector(const nn::ParamScope& scope,
                     const config::Ltx2ConnectorConfig& stack,
                     const config::Ltx2ConnectorsConfig& config)
    : rotary_{stack.width(), stack.num_attention_heads, config.rope_theta,
              config.rope_double_precision, config.rope_type},
      base_length_(config.rope_base_seq_len),
      registers_(
          scope.take("learnable_registers", {stack.num_learnable_registers, stack.width()})) {
  for (int64_t i = 0; i < stack.num_layers; ++i)
    blocks_.emplace_back(scope / "transformer_blocks" / i, stack);
}

at::Tensor Connector::filled(const at::Tensor& x, int64_t length) const {
  const int64_t registers = registers_.size(0), tokens = x.size(1);
  if (length % registers != 0) {
    throw Error(ErrorKind::kConfig,
                "max_sequence_length is " + std::to_string(length) + ", no multiple of the " +
                    std::to_string(registers) +
                    " learnable registers that fill the connectors' sequences up");
  }
  const auto rows = registers_.repeat({length / registers, 1});
  return at::cat({x, rows.slice(0, tokens).unsqueeze(0)}, 1);
}

at::Tensor Connector::operator()(const at::Tensor& text, int64_t length) const {
  auto x = filled(text, length);
  const auto places = at::arange(length, at::kFloat).div_(static_cast<double>(base_length_));
  auto rotary = rotary_table(places.unsqueeze(1), rotary_);
  rotary.cos = nn::beside(x.options(), rotary.cos);
  rotary.sin = nn::beside(x.options(), rotary.sin);
  for (const auto& block : blocks_) block(x, rotary);
  return nn::rms_normed(x, kEps);
}

TextConnectors::TextConnectors(const nn::ParamScope& scope,
                               const config::Ltx2ConnectorsConfig& config)
    : video_scale_(width_ratio(config.video_hidden_dim, config)),
      audio_scale_(width_ratio(config.audio_hidden_dim, config)),
      projections_(projections(scope, config)),
      video_(scope / "video_connector", config.video, config),
      audio_(scope / "audio_connector", config.audio, config) {}

TextEmbeds TextConnectors::projected(const at::Tensor& hidden) const {
  if (projections_.size() == 1) {
    const auto both = projections_[0](range_normed(hidden).flatten(2));
    return {both, both};
  }
  const auto normed = token_normed(hidden).flatten(2);
  return {projections_[0](normed * video_scale_), projections_[1](normed * audio_scale_)};
}

TextEmbeds TextConnectors::operator()(const at::Tensor& hidden, int64_t length) const {
  const auto text = projected(hidden);
  return {video_(text.video, length), audio_(text.audio, length)};
}

}  // namespace kinema::ltx2
