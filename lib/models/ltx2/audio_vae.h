// The decoder of LTX-2's audio autoencoder: latent tokens to a mel spectrogram, causal in time.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_audio_config.h"
#include "nn/param_scope.h"
#include "weights/name_map.h"

namespace kinema::ltx2 {

// 2-D convolution, [B, C, time, mel] without change of size; sees no later time.
class AudioConv {
 public:
  AudioConv(const nn::ParamScope& scope, int64_t in, int64_t out, int64_t kernel);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

class AudioResnet {
 public:
  AudioResnet(const nn::ParamScope& scope, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  AudioConv conv1_, conv2_;
  std::optional<AudioConv> shortcut_;  // where the width changes
};

// Residual blocks of one resolution, perhaps with an upsampling behind them.
class AudioUpLevel {
 public:
  AudioUpLevel(
      const nn::ParamScope& scope, int64_t in, int64_t out, int64_t blocks, bool upsamples);
  at::Tensor operator()(at::Tensor x) const;

 private:
  std::vector<AudioResnet> blocks_;
  std::optional<AudioConv> upsample_;
};

class AudioVae {
 public:
  AudioVae(const nn::ParamScope& scope, const config::Ltx2AudioVaeConfig& config);

  // What a checkpoint has for the encoder, which is not used.
  static weights::NameMap names();

  // tokens [1, L, token_channels] between the model's normalised space and the decoder's, in the
  // tokens' type.
  at::Tensor denormalised(const at::Tensor& tokens) const;
  at::Tensor normalised(const at::Tensor& tokens) const;

  // latents [1, latent_channels, L, latent mel bins], denormalised -> mel spectrogram
  // [1, output_channels, 4 L - 3, mel_bins] in the parameters' type.
  at::Tensor decode(const at::Tensor& latents) const;

 private:
  config::Ltx2AudioVaeConfig config_;
  at::Tensor mean_, std_;
  AudioConv conv_in_;
  AudioResnet mid_1_, mid_2_;
  std::vector<AudioUpLevel> levels_;  // coarsest first
  AudioConv conv_out_;
};

// latents [B, C, L, M] <-> tokens [B, L, C * M], the channel slow.
at::Tensor packed_audio(const at::Tensor& latents);
at::Tensor unpacked_audio(const at::Tensor& tokens, int64_t channels);

}  // namespace kinema::ltx2
