// LTX-2's latent upsampler: latents of a small or slow video to those of a larger or longer one.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_upsampler_config.h"
#include "nn/param_scope.h"

namespace kinema::ltx2 {

// What is worked on: frames one by one [T, C, H, W], or a clip [1, C, T, H, W].
enum class UpsamplerGrid { kFrames, kClip };

// Kernel 3 without change of size, zeros beyond the border.
class UpsamplerConv {
 public:
  UpsamplerConv(const nn::ParamScope& scope, int64_t in, int64_t out, UpsamplerGrid grid);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

// GroupNorm of 32 groups.
class UpsamplerNorm {
 public:
  UpsamplerNorm(const nn::ParamScope& scope, int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

// SiLU(x + norm2(conv2(SiLU(norm1(conv1(x)))))).
class UpsamplerBlock {
 public:
  UpsamplerBlock(const nn::ParamScope& scope, int64_t channels, UpsamplerGrid grid);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  UpsamplerConv conv1_, conv2_;
  UpsamplerNorm norm1_, norm2_;
};

class LatentUpsampler {
 public:
  // `scope`: the root of the checkpoint.
  LatentUpsampler(const nn::ParamScope& scope, const config::Ltx2UpsamplerConfig& config);

  // Latents [1, C, T, H, W] in the autoencoder's space (LatentStatistics::denormalised) -> the same
  // with T or 2T - 1 frames and with rows and columns unchanged, doubled, or times the resampler's
  // fraction, rounded up.
  at::Tensor operator()(const at::Tensor& latents) const;

 private:
  at::Tensor enlarged(const at::Tensor& x) const;
  at::Tensor resampled(const at::Tensor& frames) const;

  config::Ltx2UpsamplerConfig config_;
  UpsamplerGrid grid_;
  UpsamplerConv initial_conv_;
  UpsamplerNorm initial_norm_;
  std::vector<UpsamplerBlock> before_, after_;
  UpsamplerConv enlarge_;
  at::Tensor blur_;  // [1, 1, 5, 5]
  UpsamplerConv final_conv_;
};

// Gives each channel of `latents` the mean and deviation it has in `reference`, by `factor`: 0
// changes nothing, 1 is all of it.
at::Tensor with_statistics_of(const at::Tensor& latents,
                              const at::Tensor& reference,
                              double factor);

// Makes large values smaller: `compression` 0 changes nothing, 1 is the most.
at::Tensor tone_mapped(const at::Tensor& latents, double compression);

}  // namespace kinema::ltx2
