// Source: the loops of diffusers' HunyuanVideo15Encoder3D and HunyuanVideo15Decoder3D.
#include "models/hunyuan15/vae_layout.h"

#include <bit>

namespace kinema::hunyuan15 {
namespace {

size_t log2_of(int64_t ratio) {
  return static_cast<size_t>(std::bit_width(static_cast<uint64_t>(ratio)) - 1);
}

}  // namespace

std::vector<int64_t> encoder_widths(const config::Hunyuan15VaeConfig& config) {
  return config.block_out_channels;
}

std::vector<int64_t> decoder_widths(const config::Hunyuan15VaeConfig& config) {
  return {config.block_out_channels.rbegin(), config.block_out_channels.rend()};
}

std::optional<Time> downsampled(const config::Hunyuan15VaeConfig& config, size_t level) {
  const size_t space = log2_of(config.spatial_compression_ratio);
  const size_t time = log2_of(config.temporal_compression_ratio);
  if (level >= space) return std::nullopt;
  return level + time >= space ? Time::kChanged : Time::kKept;
}

std::optional<Time> upsampled(const config::Hunyuan15VaeConfig& config, size_t level) {
  if (level >= log2_of(config.spatial_compression_ratio)) return std::nullopt;
  return level < log2_of(config.temporal_compression_ratio) ? Time::kChanged : Time::kKept;
}

}  // namespace kinema::hunyuan15
