// The video autoencoder's levels: residual blocks, and the changes of the grid that move positions
// into channels and back. Clips are [T, H, W, C].
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/ltx2/vae_conv.h"
#include "nn/layers.h"

namespace kinema::ltx2 {

// A decoder that is told how noisy its latents are modulates all its blocks; others do not.
enum class NoiseTold { kNo, kYes };

// The embedding of the noise for the blocks of one width: `vectors` of them, [vectors, C].
class NoiseEmbedding {
 public:
  NoiseEmbedding(const nn::ParamScope& scope, int64_t vectors, int64_t width);
  at::Tensor operator()(const at::Tensor& time) const;  // [1] float32

 private:
  int64_t vectors_;
  nn::TimestepEmbedding embed_;
};

// x + conv2(act(norm(conv1(act(norm(x)))))), x normalised and through a pointwise convolution if
// the width changes.
class VaeResnet {
 public:
  VaeResnet(const nn::ParamScope& scope,
            int64_t in,
            int64_t out,
            Borders borders,
            NoiseTold told = NoiseTold::kNo,
            double shortcut_eps = 1e-6);
  // `noise`: [4, in], or undefined where it is not told.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& noise, Flow& flow) const;

 private:
  struct Shortcut {
    nn::LayerNorm norm;
    at::Tensor weight, bias;
  };

  VaeConv conv1_, conv2_;
  at::Tensor table_;  // [4, in], shift and scale of both convolutions
  std::optional<Shortcut> shortcut_;
};

// A finer grid; with more frames the clip's first stays one.
class VaeUpsample {
 public:
  VaeUpsample(const nn::ParamScope& scope, const config::Ltx2UpLevel& level, Borders borders);
  // [T, H, W, level.before_up()] -> [aT or aT - (a - 1) at the clip's start, bH, cW, level.out].
  at::Tensor operator()(const at::Tensor& x, Flow& flow) const;

 private:
  config::Ltx2Factors by_;
  bool residual_;
  VaeConv conv_;
};

// A coarser grid of a whole clip, before which the first of several frames is repeated.
class VaeDownsample {
 public:
  VaeDownsample(const nn::ParamScope& scope, const config::Ltx2DownLevel& level, Borders borders);
  at::Tensor operator()(const at::Tensor& x, Flow& flow) const;

 private:
  config::Ltx2Factors by_;
  int64_t out_;
  VaeConv conv_;
};

// Channels (c, a, b, e), c slowest, to positions: [T, H, W, c*a*b*e] -> [aT, bH, eW, c], and back.
at::Tensor spread(const at::Tensor& x, const config::Ltx2Factors& by);
at::Tensor gathered(const at::Tensor& x, const config::Ltx2Factors& by);

}  // namespace kinema::ltx2
