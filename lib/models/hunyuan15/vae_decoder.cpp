// Source: diffusers' HunyuanVideo15Decoder3D.
#include "models/hunyuan15/vae_decoder.h"

#include <algorithm>

#include "models/clip.h"
#include "models/hunyuan15/vae_layout.h"

namespace kinema::hunyuan15 {
namespace {

std::vector<UpLevel> up_levels(const nn::ParamScope& scope,
                               const config::Hunyuan15VaeConfig& config) {
  const auto widths = decoder_widths(config);
  std::vector<UpLevel> levels;
  int64_t in = widths.front();
  for (size_t i = 0; i < widths.size(); ++i) {
    const auto at = scope / "up_blocks" / static_cast<int64_t>(i);
    auto& level = levels.emplace_back();
    for (int64_t j = 0; j <= config.layers_per_block; ++j) {
      level.resnets.emplace_back(at / "resnets" / j, j == 0 ? in : widths[i], widths[i]);
    }
    in = widths[i];
    if (auto time = upsampled(config, i)) {
      level.upsample.emplace(at / "upsamplers" / 0, widths[i], widths.at(i + 1), *time);
      in = widths[i + 1];
    }
  }
  return levels;
}

// Each channel `times` times in a row.
at::Tensor repeated(const at::Tensor& x, int64_t times) {
  return x.unsqueeze(-1).expand({-1, -1, -1, -1, times}).flatten(3);
}

}  // namespace

at::Tensor UpLevel::operator()(at::Tensor x, Past& past) const {
  for (const auto& resnet : resnets) x = resnet(std::move(x), past);
  return upsample ? (*upsample)(x, past) : x;
}

VideoDecoder::VideoDecoder(const nn::ParamScope& scope, const config::Hunyuan15VaeConfig& config)
    : frames_per_latent_(config.temporal_compression_ratio),
      repeats_(decoder_widths(config).front() / config.latent_channels),
      conv_in_(scope / "conv_in", config.latent_channels, decoder_widths(config).front()),
      mid_(scope / "mid_block", decoder_widths(config).front()),
      levels_(up_levels(scope, config)),
      out_(scope / "norm_out",
           scope / "conv_out",
           decoder_widths(config).back(),
           config.out_channels) {}

at::Tensor VideoDecoder::part(const at::Tensor& latents, Past& past) const {
  const auto z = models::clip_of(latents);
  auto x = conv_in_.added_to(repeated(z, repeats_), z, past);
  x = mid_(std::move(x), past);
  for (const auto& level : levels_) x = level(std::move(x), past);
  auto pixels = models::video_of(out_(x, past));
  past.end_part();
  return pixels;
}

at::Tensor VideoDecoder::operator()(const at::Tensor& latents) const {
  Past past(Past::Parts::kOne);
  return part(latents, past);
}

at::Tensor VideoDecoder::Stream::push(const at::Tensor& latents) {
  return decoder_.part(latents, past_);
}

void decode_in_parts(const VideoDecoder& decoder,
                     const at::Tensor& latents,
                     int64_t latent_frames,
                     const FrameSink& sink) {
  VideoDecoder::Stream stream(decoder);
  for (int64_t t = 0; t < latents.size(2); t += latent_frames) {
    sink(stream.push(latents.narrow(2, t, std::min(latent_frames, latents.size(2) - t))));
  }
}

at::Tensor decodable(const at::Tensor& latents, const config::Hunyuan15VaeConfig& config) {
  return latents / config.scaling_factor;
}

}  // namespace kinema::hunyuan15
