// Source: diffusers' AutoencoderKLLTX2Audio with pixel norms and causality along the height.
#include "models/ltx2/audio_vae.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace kinema::ltx2 {
namespace {

constexpr double kEps = 1e-6;
constexpr int64_t kKernel = 3;

// SiLU of x over the root of its mean square across channels.
at::Tensor activated(const at::Tensor& x) {
  auto y = x / x.pow(2).mean(1, /*keepdim=*/true).add_(kEps).sqrt_();
  return at::silu_(y);
}

}  // namespace

AudioConv::AudioConv(const nn::ParamScope& scope, int64_t in, int64_t out, int64_t kernel)
    : weight_(scope.take("conv.weight", {out, in, kernel, kernel})),
      bias_(scope.take("conv.bias", {out})) {}

at::Tensor AudioConv::operator()(const at::Tensor& x) const {
  const int64_t margin = weight_.size(2) - 1;
  if (margin == 0) return at::conv2d(x, weight_, bias_);
  const auto padded = at::constant_pad_nd(x, {margin / 2, margin - margin / 2, margin, 0});
  return at::conv2d(padded, weight_, bias_);
}

AudioResnet::AudioResnet(const nn::ParamScope& scope, int64_t in, int64_t out)
    : conv1_(scope / "conv1", in, out, kKernel), conv2_(scope / "conv2", out, out, kKernel) {
  if (in != out) shortcut_.emplace(scope / "nin_shortcut", in, out, 1);
}

at::Tensor AudioResnet::operator()(const at::Tensor& x) const {
  auto y = conv2_(activated(conv1_(activated(x))));
  return y.add_(shortcut_ ? (*shortcut_)(x) : x);
}

AudioUpLevel::AudioUpLevel(
    const nn::ParamScope& scope, int64_t in, int64_t out, int64_t blocks, bool upsamples) {
  for (int64_t i = 0; i < blocks; ++i)
    blocks_.emplace_back(scope / "block" / i, i == 0 ? in : out, out);
  if (upsamples) upsample_.emplace(scope / "upsample.conv", out, out, kKernel);
}

at::Tensor AudioUpLevel::operator()(at::Tensor x) const {
  for (const auto& block : blocks_) x = block(x);
  if (!upsample_) return x;
  x = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
  // The first frame stands for one alone, not for two.
  return (*upsample_)(x).slice(2, 1);
}

AudioVae::AudioVae(const nn::ParamScope& scope, const config::Ltx2AudioVaeConfig& config)
    : config_(config),
      mean_(scope.take("latents_mean", {config.base_channels})),
      std_(scope.take("latents_std", {config.base_channels})),
      conv_in_(scope / "decoder.conv_in",
               config.latent_channels,
               config.base_channels * config.ch_mult.back(),
               kKernel),
      mid_1_(scope / "decoder.mid.block_1",
             config.base_channels * config.ch_mult.back(),
             config.base_channels * config.ch_mult.back()),
      mid_2_(scope / "decoder.mid.block_2",
             config.base_channels * config.ch_mult.back(),
             config.base_channels * config.ch_mult.back()),
      conv_out_(scope / "decoder.conv_out",
                config.base_channels * config.ch_mult.front(),
                config.output_channels,
                kKernel) {
  int64_t in = config.base_channels * config.ch_mult.back();
  for (auto level = static_cast<int64_t>(config.ch_mult.size()) - 1; level >= 0; --level) {
    const int64_t out = config.base_channels * config.ch_mult[static_cast<size_t>(level)];
    levels_.emplace_back(scope / "decoder.up" / level, in, out, config.num_res_blocks + 1,
                         level > 0);
    in = out;
  }
}

weights::NameMap AudioVae::names() { return {{}, {"encoder.*"}}; }

at::Tensor AudioVae::denormalised(const at::Tensor& tokens) const {
  return tokens * std_.to(tokens.options()) + mean_.to(tokens.options());
}

at::Tensor AudioVae::normalised(const at::Tensor& tokens) const {
  return (tokens - mean_.to(tokens.options())) / std_.to(tokens.options());
}

at::Tensor AudioVae::decode(const at::Tensor& latents) const {
  auto x = mid_2_(mid_1_(conv_in_(latents.to(mean_.options()))));
  for (const auto& level : levels_) x = level(x);
  x = conv_out_(activated(x));
  // As many frames and bins as the tokens stand for, whatever the levels made of them.
  const int64_t frames = config_.mel_frames(latents.size(2)), bins = config_.mel_bins;
  x = x.slice(2, 0, frames).slice(3, 0, bins);
  if (x.size(2) == frames && x.size(3) == bins) return x;
  return at::constant_pad_nd(x, {0, bins - x.size(3), 0, frames - x.size(2)});
}

at::Tensor packed_audio(const at::Tensor& latents) { return latents.transpose(1, 2).flatten(2); }

at::Tensor unpacked_audio(const at::Tensor& tokens, int64_t channels) {
  return tokens.unflatten(2, {channels, -1}).transpose(1, 2);
}

}  // namespace kinema::ltx2
