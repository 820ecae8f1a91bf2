// audio_vae/config.json and vocoder/config.json of an LTX-2 checkpoint, with the reference
// classes' defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/config_reader.h"

namespace kinema::config {

// AutoencoderKLLTX2Audio. Time and mel bins are both compressed four times, whatever ch_mult says.
struct Ltx2AudioVaeConfig {
  static constexpr int64_t kCompression = 4;

  int64_t base_channels = 128;
  int64_t in_channels = 2, output_channels = 2, latent_channels = 8;
  std::vector<int64_t> ch_mult = {1, 2, 4};
  int64_t num_res_blocks = 2;
  int64_t mel_bins = 64;
  int64_t sample_rate = 16000, mel_hop_length = 160;  // of the mel spectrogram
  bool double_z = true;

  int64_t latent_mel_bins() const { return mel_bins / kCompression; }
  // Width of a token: latent_channels x latent_mel_bins, channel slow.
  int64_t token_channels() const { return latent_channels * latent_mel_bins(); }
  // Mel frames that `latent_frames` decode to.
  static int64_t mel_frames(int64_t latent_frames) {
    return kCompression * (latent_frames - 1) + 1;
  }
};

enum class Ltx2VocoderActivation { kLeakyRelu, kSnake, kSnakeBeta };
enum class Ltx2FinalActivation { kNone, kTanh, kClamp };

// One network of upsamplings and residual blocks, mel spectrogram in and waveform out.
struct Ltx2GeneratorConfig {
  int64_t in_channels = 128, hidden_channels = 1024, out_channels = 2;
  std::vector<int64_t> upsample_kernel_sizes = {16, 15, 8, 4, 4};
  std::vector<int64_t> upsample_factors = {6, 5, 2, 2, 2};
  std::vector<int64_t> resnet_kernel_sizes = {3, 7, 11};
  std::vector<std::vector<int64_t>> resnet_dilations = {{1, 3, 5}, {1, 3, 5}, {1, 3, 5}};
  Ltx2VocoderActivation activation = Ltx2VocoderActivation::kLeakyRelu;
  double leaky_relu_negative_slope = 0.1;
  bool antialias = false;  // in the residual blocks; the snakes' last activation always is
  int64_t antialias_ratio = 2, antialias_kernel_size = 12;
  Ltx2FinalActivation final_activation = Ltx2FinalActivation::kTanh;
  bool final_bias = true;

  // Samples for each mel frame.
  int64_t upsampling() const;
};

// What raises the waveform's rate: a second generator that hears the first one's result.
struct Ltx2BandwidthConfig {
  Ltx2GeneratorConfig generator;
  int64_t filter_length = 512, hop_length = 80, window_length = 512, num_mel_channels = 64;
  int64_t input_sampling_rate = 16000, output_sampling_rate = 48000;
};

// LTX2Vocoder, or LTX2VocoderWithBWE as _class_name says.
struct Ltx2VocoderConfig {
  Ltx2GeneratorConfig generator;
  std::optional<Ltx2BandwidthConfig> bandwidth;
  int64_t output_sampling_rate = 24000;  // of the result, in samples per second
};

// Each throws Error(kModel).
Ltx2AudioVaeConfig read_ltx2_audio_vae(ConfigReader reader);
Ltx2VocoderConfig read_ltx2_vocoder(ConfigReader reader);

}  // namespace kinema::config
