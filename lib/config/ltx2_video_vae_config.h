// vae/config.json of an LTX-2 checkpoint (AutoencoderKLLTX2Video), with the reference class's
// defaults. No LibTorch here: planning reads it too.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/config_reader.h"

namespace kinema::config {

// By how much a level changes frames, rows and columns.
struct Ltx2Factors {
  int64_t time = 1, height = 1, width = 1;
  int64_t product() const { return time * height * width; }
  bool operator==(const Ltx2Factors&) const = default;
};

// Residual blocks of `in` channels, then perhaps a coarser grid of `out` channels.
struct Ltx2DownLevel {
  int64_t in, out, resnets;
  std::optional<Ltx2Factors> down;  // without one `out` is `in`
};

// Perhaps a change of width, perhaps a finer grid, then residual blocks of `out` channels.
struct Ltx2UpLevel {
  int64_t in, out, resnets;
  bool widens = false;            // a residual block from `in` to `out` channels in front
  std::optional<Ltx2Factors> up;  // from `before_up()` channels
  bool residual = false;          // the positions of the coarser grid are added to the finer one's
  int64_t factor = 1;             // by how much a grid's change narrows

  int64_t before_up() const { return out * factor; }
};

// What pixels beyond the border of a frame are taken to be.
enum class Ltx2Padding { kZeros, kReflect };

// Both halves from the first network layer to the last.
struct Ltx2VideoVaeConfig {
  int64_t in_channels = 3, out_channels = 3, latent_channels = 128;
  int64_t patch_size = 4;  // side of the square of pixels that one position of the finest grid is
  std::vector<Ltx2DownLevel> down;
  int64_t encoder_mid_resnets = 0;  // of the last level's width
  std::vector<Ltx2UpLevel> up;
  int64_t decoder_mid_width = 0, decoder_mid_resnets = 0;
  bool encoder_causal = true, decoder_causal = true;  // whether no layer looks ahead in time
  Ltx2Padding encoder_padding = Ltx2Padding::kZeros, decoder_padding = Ltx2Padding::kReflect;
  bool timestep_conditioning = false;  // the decoder is told how noisy its latents are
  double resnet_norm_eps = 1e-6;       // of widening blocks
  double scaling_factor = 1.0;
  int64_t spatial_compression_ratio = 32, temporal_compression_ratio = 8;

  int64_t encoder_mid_width() const { return down.back().out; }
  // Frames that so many latent frames become.
  int64_t frames(int64_t latent_frames) const {
    return temporal_compression_ratio * (latent_frames - 1) + 1;
  }
};

// Throws Error(kModel), also for compression ratios that are not those of the levels: the reference
// derives wrong ones where the file has none.
Ltx2VideoVaeConfig read_ltx2_video_vae(ConfigReader reader);

}  // namespace kinema::config
