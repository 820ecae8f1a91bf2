// Source: diffusers' HunyuanVideo15Encoder3D.
#include "models/hunyuan15/vae_encoder.h"

#include <algorithm>

#include <ATen/ops/cat.h>

#include "base/error.h"
#include "models/clip.h"
#include "models/hunyuan15/vae_layout.h"

namespace kinema::hunyuan15 {
namespace {

std::vector<DownLevel> down_levels(const nn::ParamScope& scope,
                                   const config::Hunyuan15VaeConfig& config) {
  const auto widths = encoder_widths(config);
  std::vector<DownLevel> levels;
  int64_t in = widths.front();
  for (size_t i = 0; i < widths.size(); ++i) {
    const auto at = scope / "down_blocks" / static_cast<int64_t>(i);
    auto& level = levels.emplace_back();
    for (int64_t j = 0; j < config.layers_per_block; ++j) {
      level.resnets.emplace_back(at / "resnets" / j, j == 0 ? in : widths[i], widths[i]);
    }
    in = widths[i];
    if (auto time = downsampled(config, i)) {
      level.downsample.emplace(at / "downsamplers" / 0, widths[i], widths.at(i + 1), *time);
      in = widths[i + 1];
    }
  }
  return levels;
}

}  // namespace

at::Tensor DownLevel::operator()(at::Tensor x, Past& past) const {
  for (const auto& resnet : resnets) x = resnet(std::move(x), past);
  return downsample ? (*downsample)(x, past) : x;
}

VideoEncoder::VideoEncoder(const nn::ParamScope& scope, const config::Hunyuan15VaeConfig& config)
    : frames_per_latent_(config.temporal_compression_ratio),
      moments_(2 * config.latent_channels),
      conv_in_(scope / "conv_in", config.in_channels, encoder_widths(config).front()),
      levels_(down_levels(scope, config)),
      mid_(scope / "mid_block", encoder_widths(config).back()),
      out_(scope / "norm_out", scope / "conv_out", encoder_widths(config).back(), moments_) {}

at::Tensor VideoEncoder::part(const at::Tensor& pixels, Past& past) const {
  const int64_t lone = past.at_start() ? 1 : 0;
  if ((pixels.size(2) - lone) % frames_per_latent_ != 0) {
    throw Error(ErrorKind::kInternal,
                "the autoencoder takes its first frame alone and the others in whole groups");
  }
  auto x = conv_in_(models::clip_of(pixels), past);
  for (const auto& level : levels_) x = level(std::move(x), past);
  x = mid_(std::move(x), past);
  auto moments = models::video_of(out_.added_to(group_mean(x, moments_), x, past));
  past.end_part();
  return moments;
}

at::Tensor VideoEncoder::operator()(const at::Tensor& pixels) const {
  Past past(Past::Parts::kOne);
  return part(pixels, past);
}

at::Tensor VideoEncoder::Stream::push(const at::Tensor& pixels) {
  return encoder_.part(pixels, past_);
}

at::Tensor encode_in_parts(const VideoEncoder& encoder,
                           const at::Tensor& pixels,
                           int64_t latent_frames) {
  const int64_t group = encoder.frames_per_latent(), total = pixels.size(2);
  VideoEncoder::Stream stream(encoder);
  std::vector<at::Tensor> moments;
  for (int64_t begin = 0; begin < total;) {
    const int64_t wanted = latent_frames * group - (begin == 0 ? group - 1 : 0);
    const int64_t frames = std::min(wanted, total - begin);
    moments.push_back(stream.push(pixels.narrow(2, begin, frames)));
    begin += frames;
  }
  return at::cat(moments, 2);
}

at::Tensor latents_of(const at::Tensor& moments, const config::Hunyuan15VaeConfig& config) {
  return moments.narrow(1, 0, config.latent_channels) * config.scaling_factor;
}

}  // namespace kinema::hunyuan15
