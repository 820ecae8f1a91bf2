// The autoencoder's narrowest part, where positions see each other. Clips are [T, H, W, C].
#pragma once

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/vae_blocks.h"

namespace kinema::hunyuan15 {

// x + attention over all positions of a frame and of the frames before it, one head.
class FrameAttention {
 public:
  FrameAttention(const nn::ParamScope& scope, int64_t channels);
  // Works in the memory of x. What it remembers grows with the clip: two values a position and
  // channel.
  at::Tensor operator()(at::Tensor x, Past& past) const;

 private:
  nn::ChannelNorm norm_;
  PointwiseConv q_, k_, v_, out_;
};

class MidBlock {
 public:
  MidBlock(const nn::ParamScope& scope, int64_t channels);
  at::Tensor operator()(at::Tensor x, Past& past) const;

 private:
  Resnet before_;
  FrameAttention attention_;
  Resnet after_;
};

}  // namespace kinema::hunyuan15
