// A mel spectrogram becomes sound; LTX-2.3 raises its rate with a second network, which is given
// the first one's result.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "config/ltx2_audio_config.h"
#include "models/ltx2/vocoder_generator.h"
#include "weights/name_map.h"

namespace kinema::ltx2 {

// A wave at a low rate to one at a high rate: its own frequencies by interpolation, those above by
// a network that sees its spectrogram.
class BandwidthExtension {
 public:
  BandwidthExtension(const nn::ParamScope& scope, const config::Ltx2BandwidthConfig& config);
  // wave [B, C, N] -> [B, C, N * ratio of the rates], in [-1, 1].
  at::Tensor operator()(const at::Tensor& wave) const;

 private:
  // wave [B, C, a multiple of hop_length] -> [B, C, frames, mel bins], logarithms.
  at::Tensor spectrogram(const at::Tensor& wave) const;

  config::Ltx2BandwidthConfig config_;
  at::Tensor fourier_basis_, mel_basis_;
  VocoderGenerator generator_;
  Upsampling resampling_;
};

class Vocoder {
 public:
  // 2.3's numbers want float32 parameters; in bfloat16 its spectra are audibly worse.
  Vocoder(const nn::ParamScope& scope, const config::Ltx2VocoderConfig& config);

  // What a checkpoint has that nothing here uses.
  static weights::NameMap names();

  // mel [1, channels, frames, mel bins] -> wave [1, channels, samples] at output_sampling_rate, in
  // the parameters' type; not clipped unless the network ends so.
  at::Tensor operator()(const at::Tensor& mel) const;

 private:
  VocoderGenerator generator_;
  std::optional<BandwidthExtension> bandwidth_;
};

}  // namespace kinema::ltx2
