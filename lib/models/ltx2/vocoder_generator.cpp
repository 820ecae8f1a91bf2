// Source: diffusers' LTX2Vocoder.
#include "models/ltx2/vocoder_generator.h"

#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv_transpose1d.h>
#include <ATen/ops/leaky_relu.h>

namespace kinema::ltx2 {
namespace {

using config::Ltx2GeneratorConfig;
using Kind = config::Ltx2VocoderActivation;

constexpr int64_t kOuterKernel = 7;
constexpr double kSnakeEps = 1e-9;
// The last leaky ReLU has torch's slope, not the others'.
constexpr double kLastSlope = 0.01;

VocoderActivation inner(const nn::ParamScope& scope,
                        int64_t channels,
                        const Ltx2GeneratorConfig& config) {
  if (config.activation == Kind::kLeakyRelu)
    return VocoderActivation(config.leaky_relu_negative_slope);
  if (!config.antialias) return {scope, channels, config.activation};
  return {scope, channels, config.activation, config.antialias_ratio, config.antialias_kernel_size};
}

int64_t last_channels(const Ltx2GeneratorConfig& config) {
  return config.hidden_channels >> config.upsample_factors.size();
}

VocoderActivation outer(const nn::ParamScope& scope, const Ltx2GeneratorConfig& config) {
  if (config.activation == Kind::kLeakyRelu) return VocoderActivation(kLastSlope);
  return {scope, last_channels(config), Kind::kSnakeBeta, config.antialias_ratio,
          config.antialias_kernel_size};
}

// As long as x, for any kernel: what is odd goes behind.
at::Tensor same_conv(const at::Tensor& x,
                     const at::Tensor& weight,
                     const at::Tensor& bias,
                     int64_t dilation) {
  return at::conv1d(x, weight, bias, /*stride=*/1, "same", dilation);
}

}  // namespace

VocoderActivation::VocoderActivation(const nn::ParamScope& scope, int64_t channels, Kind kind)
    : alpha_(scope.take("alpha", {channels})),
      beta_(kind == Kind::kSnake ? alpha_ : scope.take("beta", {channels})) {}

VocoderActivation::VocoderActivation(
    const nn::ParamScope& scope, int64_t channels, Kind kind, int64_t ratio, int64_t taps)
    : VocoderActivation(scope / "act", channels, kind) {
  ratio_ = ratio;
  up_ = (scope / "upsample").take("filter", {1, 1, taps});
  down_ = (scope / "downsample").take("filter", {1, 1, taps});
}

at::Tensor VocoderActivation::snake(at::Tensor x) const {
  const auto inverse = beta_.exp().add_(kSnakeEps).reciprocal_().unsqueeze(-1);
  const auto bump = (x * alpha_.exp().unsqueeze(-1)).sin_().pow_(2);
  return x.addcmul(inverse, bump);
}

at::Tensor VocoderActivation::operator()(const at::Tensor& x) const {
  if (!alpha_.defined()) return at::leaky_relu(x, slope_);
  if (!up_.defined()) return snake(x);
  return downsampled(snake(antialias_upsampling(up_, ratio_)(x)), down_, ratio_);
}

VocoderResnet::VocoderResnet(const nn::ParamScope& scope,
                             int64_t channels,
                             int64_t kernel,
                             const std::vector<int64_t>& dilations,
                             const Ltx2GeneratorConfig& config) {
  for (size_t n = 0; n < dilations.size(); ++n) {
    const auto i = static_cast<int64_t>(n);
    const auto conv1 = scope / "convs1" / i, conv2 = scope / "convs2" / i;
    steps_.push_back(
        {inner(scope / "acts1" / i, channels, config), inner(scope / "acts2" / i, channels, config),
         conv1.take("weight", {channels, channels, kernel}), conv1.take("bias", {channels}),
         conv2.take("weight", {channels, channels, kernel}), conv2.take("bias", {channels}),
         dilations[n]});
  }
}

at::Tensor VocoderResnet::operator()(at::Tensor x) const {
  for (const auto& step : steps_) {
    const auto h = same_conv(step.act1(x), step.weight1, step.bias1, step.dilation);
    x = x + same_conv(step.act2(h), step.weight2, step.bias2, 1);
  }
  return x;
}

VocoderGenerator::VocoderGenerator(const nn::ParamScope& scope, const Ltx2GeneratorConfig& config)
    : config_(config),
      in_weight_((scope / "conv_in")
                     .take("weight", {config.hidden_channels, config.in_channels, kOuterKernel})),
      in_bias_((scope / "conv_in").take("bias", {config.hidden_channels})),
      act_out_(outer(scope / "act_out", config)),
      out_weight_((scope / "conv_out")
                      .take("weight", {config.out_channels, last_channels(config), kOuterKernel})) {
  if (config.final_bias) out_bias_ = (scope / "conv_out").take("bias", {config.out_channels});
  const auto beside = static_cast<int64_t>(config.resnet_kernel_sizes.size());
  int64_t channels = config.hidden_channels;
  for (size_t s = 0; s < config.upsample_factors.size(); ++s, channels /= 2) {
    const auto up = scope / "upsamplers" / static_cast<int64_t>(s);
    const int64_t out = channels / 2;
    stages_.push_back({up.take("weight", {channels, out, config.upsample_kernel_sizes[s]}),
                       up.take("bias", {out}),
                       config.upsample_factors[s],
                       {}});
    for (int64_t r = 0; r < beside; ++r) {
      const auto at = static_cast<size_t>(r);
      stages_.back().resnets.emplace_back(
          scope / "resnets" / (static_cast<int64_t>(s) * beside + r), out,
          config.resnet_kernel_sizes[at], config.resnet_dilations[at], config);
    }
  }
}

at::Tensor VocoderGenerator::staged(at::Tensor x, const Stage& stage) const {
  // The snakes stand in the residual blocks alone.
  if (config_.activation == Kind::kLeakyRelu)
    x = at::leaky_relu(x, config_.leaky_relu_negative_slope);
  x = at::conv_transpose1d(x, stage.weight, stage.bias, stage.factor,
                           (stage.weight.size(2) - stage.factor) / 2);
  auto sum = stage.resnets[0](x);
  for (size_t i = 1; i < stage.resnets.size(); ++i) sum = sum + stage.resnets[i](x);
  return sum / static_cast<double>(stage.resnets.size());
}

at::Tensor VocoderGenerator::operator()(const at::Tensor& mel) const {
  // [B, channels x mel bins, frames]
  auto x = mel.to(in_weight_.options()).transpose(2, 3).flatten(1, 2);
  x = at::conv1d(x, in_weight_, in_bias_, /*stride=*/1, /*padding=*/kOuterKernel / 2);
  for (const auto& stage : stages_) x = staged(x, stage);
  x = at::conv1d(act_out_(x), out_weight_, out_bias_, /*stride=*/1, kOuterKernel / 2);
  switch (config_.final_activation) {
    case config::Ltx2FinalActivation::kTanh:
      return x.tanh_();
    case config::Ltx2FinalActivation::kClamp:
      return x.clamp_(-1, 1);
    case config::Ltx2FinalActivation::kNone:
      return x;
  }
  return x;
}

}  // namespace kinema::ltx2
