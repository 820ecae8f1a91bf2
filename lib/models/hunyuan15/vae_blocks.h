// The autoencoder's levels: residual blocks, and the changes of resolution that move pixels into
// channels and back. Clips are [T, H, W, C].
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/vae_conv.h"

namespace kinema::hunyuan15 {

// x + conv2(SiLU(norm2(conv1(SiLU(norm1(x)))))), x through a pointwise convolution if the width
// changes.
class Resnet {
 public:
  Resnet(const nn::ParamScope& scope, int64_t in, int64_t out);
  // Works in the memory of x where it can.
  at::Tensor operator()(at::Tensor x, Past& past) const;

 private:
  ActivatedConv conv1_, conv2_;
  std::optional<PointwiseConv> shortcut_;
};

enum class Time { kKept, kChanged };

// Twice the height and width, with Time::kChanged twice the frames too, except that a clip's first
// frame stays one frame.
class Upsample {
 public:
  Upsample(const nn::ParamScope& scope, int64_t in, int64_t out, Time time);
  // [T, H, W, in] -> [T or 2T (2T - 1 at the clip's start), 2H, 2W, out].
  at::Tensor operator()(const at::Tensor& x, Past& past) const;

 private:
  int64_t out_;
  Time time_;
  CausalConv conv_;
};

// The opposite. With Time::kChanged, T - 1 must be even at the clip's start and T after it.
class Downsample {
 public:
  Downsample(const nn::ParamScope& scope, int64_t in, int64_t out, Time time);
  // [T, H, W, in] -> [T or T/2 ((T + 1)/2 at the clip's start), H/2, W/2, out].
  at::Tensor operator()(const at::Tensor& x, Past& past) const;

 private:
  int64_t out_;
  Time time_;
  CausalConv conv_;
};

// The mean over each `channels` / `groups` consecutive channels: [T, H, W, channels] -> [T, H, W,
// groups].
at::Tensor group_mean(const at::Tensor& x, int64_t groups);

}  // namespace kinema::hunyuan15
