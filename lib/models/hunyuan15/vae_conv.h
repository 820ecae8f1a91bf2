// The autoencoder's convolutions. A clip is [T, H, W, C], contiguous: what a channels-last
// convolution reads.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/vae_past.h"
#include "nn/channel_norm.h"
#include "nn/conv3d.h"
#include "nn/param_scope.h"

namespace kinema::hunyuan15 {

// 3x3x3, replicating the border pixels and looking back two frames: the clip's own, or copies of
// its first.
class CausalConv {
 public:
  CausalConv(const nn::ParamScope& scope, int64_t in, int64_t out);
  // [T, H, W, in] -> [T, H, W, out].
  at::Tensor operator()(const at::Tensor& x, Past& past) const;
  // The same plus `sum`, in its memory.
  at::Tensor added_to(at::Tensor sum, const at::Tensor& x, Past& past) const;

 private:
  nn::Conv3d conv_;
};

// conv(SiLU(norm(x))), what everything but the changes of resolution is made of.
class ActivatedConv {
 public:
  ActivatedConv(const nn::ParamScope& norm, const nn::ParamScope& conv, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& x, Past& past) const;
  at::Tensor added_to(at::Tensor sum, const at::Tensor& x, Past& past) const;

 private:
  at::Tensor activated(const at::Tensor& x, Past& past) const;

  nn::ChannelNorm norm_;
  nn::Conv3d conv_;
};

// 1x1x1: a linear layer over the channels.
class PointwiseConv {
 public:
  PointwiseConv(const nn::ParamScope& scope, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]

 private:
  at::Tensor weight_, bias_;
};

}  // namespace kinema::hunyuan15
