// Source: diffusers' LTX2Vocoder and LTX2VocoderWithBWE.
#include "models/ltx2/vocoder.h"

#include <algorithm>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/matmul.h>

namespace kinema::ltx2 {
namespace {

constexpr double kSilence = 1e-5;

// Parameters of the first network lie under a name of their own only if there is a second.
nn::ParamScope first_scope(const nn::ParamScope& scope, const config::Ltx2VocoderConfig& config) {
  return config.bandwidth ? scope / "vocoder" : scope;
}

}  // namespace

BandwidthExtension::BandwidthExtension(const nn::ParamScope& scope,
                                       const config::Ltx2BandwidthConfig& config)
    : config_(config),
      fourier_basis_((scope / "mel_stft.stft_fn")
                         .take("forward_basis",
                               {2 * (config.filter_length / 2 + 1), 1, config.filter_length})),
      mel_basis_((scope / "mel_stft")
                     .take("mel_basis", {config.num_mel_channels, config.filter_length / 2 + 1})),
      generator_(scope / "bwe_generator", config.generator),
      resampling_(hann_upsampling(config.output_sampling_rate / config.input_sampling_rate)) {}

at::Tensor BandwidthExtension::spectrogram(const at::Tensor& wave) const {
  // No frame hears what comes after it.
  const int64_t before = std::max<int64_t>(0, config_.window_length - config_.hop_length);
  const auto padded = at::constant_pad_nd(wave.flatten(0, 1).unsqueeze(1), {before, 0});
  const auto parts = at::conv1d(padded, fourier_basis_, {}, config_.hop_length).chunk(2, 1);
  const auto magnitude = (parts[0].pow(2) + parts[1].pow(2)).sqrt_();
  const auto mel = at::matmul(mel_basis_, magnitude).clamp_min_(kSilence).log_();
  return mel.unflatten(0, {wave.size(0), wave.size(1)}).transpose(2, 3);
}

at::Tensor BandwidthExtension::operator()(const at::Tensor& wave) const {
  const int64_t samples = wave.size(2), hop = config_.hop_length;
  const auto whole = at::constant_pad_nd(wave, {0, (hop - samples % hop) % hop});
  const auto high = generator_(spectrogram(whole));
  return (high + resampling_(whole)).clamp_(-1, 1).narrow(2, 0, samples * resampling_.ratio);
}

Vocoder::Vocoder(const nn::ParamScope& scope, const config::Ltx2VocoderConfig& config)
    : generator_(first_scope(scope, config), config.generator) {
  if (config.bandwidth) bandwidth_.emplace(scope, *config.bandwidth);
}

weights::NameMap Vocoder::names() { return {{}, {"mel_stft.stft_fn.inverse_basis"}}; }

at::Tensor Vocoder::operator()(const at::Tensor& mel) const {
  auto wave = generator_(mel);
  return bandwidth_ ? (*bandwidth_)(wave) : wave;
}

}  // namespace kinema::ltx2
