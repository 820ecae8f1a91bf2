// The network that makes a waveform of a mel spectrogram by upsampling it in stages: HiFi-GAN with
// leaky ReLUs, BigVGAN with snakes.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_audio_config.h"
#include "models/ltx2/vocoder_filter.h"
#include "nn/param_scope.h"

namespace kinema::ltx2 {

// x + sin(exp(alpha) x)^2 / exp(beta), at a higher rate if it is to be free of aliases; or a leaky
// ReLU.
class VocoderActivation {
 public:
  // A leaky ReLU has no parameters.
  explicit VocoderActivation(double slope) : slope_(slope) {}
  // A snake; kSnake has alpha alone, which stands for beta too.
  VocoderActivation(const nn::ParamScope& scope,
                    int64_t channels,
                    config::Ltx2VocoderActivation kind);
  // The same between an upsampling and a downsampling by `ratio` with filters of `taps`.
  VocoderActivation(const nn::ParamScope& scope,
                    int64_t channels,
                    config::Ltx2VocoderActivation kind,
                    int64_t ratio,
                    int64_t taps);
  at::Tensor operator()(const at::Tensor& x) const;  // [B, C, L], the same shape

 private:
  at::Tensor snake(at::Tensor x) const;

  double slope_ = 0;
  int64_t ratio_ = 1;
  at::Tensor alpha_, beta_;
  at::Tensor up_, down_;
};

// For each dilation: activation, dilated convolution, activation, convolution, and the sum with
// what was before.
class VocoderResnet {
 public:
  VocoderResnet(const nn::ParamScope& scope,
                int64_t channels,
                int64_t kernel,
                const std::vector<int64_t>& dilations,
                const config::Ltx2GeneratorConfig& config);
  at::Tensor operator()(at::Tensor x) const;

 private:
  struct Step {
    VocoderActivation act1, act2;
    at::Tensor weight1, bias1, weight2, bias2;
    int64_t dilation;
  };
  std::vector<Step> steps_;
};

class VocoderGenerator {
 public:
  VocoderGenerator(const nn::ParamScope& scope, const config::Ltx2GeneratorConfig& config);
  // mel [B, channels, frames, mel bins] -> wave [B, out_channels, frames * upsampling()], in the
  // parameters' type.
  at::Tensor operator()(const at::Tensor& mel) const;

 private:
  struct Stage {
    at::Tensor weight, bias;
    int64_t factor;
    std::vector<VocoderResnet> resnets;  // side by side
  };
  at::Tensor staged(at::Tensor x, const Stage& stage) const;

  config::Ltx2GeneratorConfig config_;
  at::Tensor in_weight_, in_bias_;
  std::vector<Stage> stages_;
  VocoderActivation act_out_;
  at::Tensor out_weight_, out_bias_;
};

}  // namespace kinema::ltx2
