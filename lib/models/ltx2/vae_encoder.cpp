// Source: diffusers' LTX2VideoEncoder3d.
#include "models/ltx2/vae_encoder.h"

#include <utility>

#include "base/error.h"
#include "models/clip.h"

namespace kinema::ltx2 {
namespace {

Borders borders(const config::Ltx2VideoVaeConfig& config) {
  return {config.encoder_causal, config.encoder_padding};
}

// Pixels to channels (c, column, row): [T, pH, pW, c] -> [T, H, W, c*p*p].
at::Tensor patched(const at::Tensor& x, int64_t patch) {
  return x.unflatten(2, {-1, patch})
      .unflatten(1, {-1, patch})
      .permute({0, 1, 3, 5, 4, 2})
      .flatten(3);
}

}  // namespace

VaeDownLevel::VaeDownLevel(const nn::ParamScope& scope,
                           const config::Ltx2DownLevel& level,
                           const config::Ltx2VideoVaeConfig& config) {
  for (int64_t i = 0; i < level.resnets; ++i) {
    resnets_.emplace_back(scope / "resnets" / i, level.in, level.in, borders(config));
  }
  if (level.down) downsample_.emplace(scope / "downsamplers" / 0, level, borders(config));
}

at::Tensor VaeDownLevel::operator()(at::Tensor x, Flow& flow) const {
  for (const auto& resnet : resnets_) x = resnet(x, {}, flow);
  return downsample_ ? (*downsample_)(x, flow) : x;
}

VideoEncoder::VideoEncoder(const nn::ParamScope& scope, const config::Ltx2VideoVaeConfig& config)
    : config_(config),
      conv_in_(scope / "conv_in",
               config.in_channels * config.patch_size * config.patch_size,
               config.latent_channels,
               borders(config)),
      // The last channel is the logarithm of a variance that all positions' channels share.
      conv_out_(scope / "conv_out",
                config.encoder_mid_width(),
                config.latent_channels + 1,
                borders(config)) {
  for (size_t i = 0; i < config.down.size(); ++i) {
    levels_.emplace_back(scope / "down_blocks" / static_cast<int64_t>(i), config.down[i], config);
  }
  const int64_t width = config.encoder_mid_width();
  for (int64_t i = 0; i < config.encoder_mid_resnets; ++i) {
    mid_.emplace_back(scope / "mid_block" / "resnets" / i, width, width, borders(config));
  }
}

at::Tensor VideoEncoder::operator()(const at::Tensor& pixels) const {
  if ((pixels.size(2) - 1) % config_.temporal_compression_ratio != 0) {
    throw Error(ErrorKind::kInternal,
                "the autoencoder takes its first frame alone and the others in whole groups");
  }
  Flow flow;
  flow.begin(Flow::Part::kLast);
  auto x = conv_in_(patched(models::clip_of(pixels), config_.patch_size), flow);
  for (const auto& level : levels_) x = level(std::move(x), flow);
  for (const auto& resnet : mid_) x = resnet(x, {}, flow);
  return models::video_of(conv_out_.activated(x, {}, flow)).narrow(1, 0, config_.latent_channels);
}

}  // namespace kinema::ltx2
