// Normalisation of every position of a clip over its channels, as video autoencoders do it.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/param_scope.h"

namespace kinema::nn {

// x / max(|x|, 1e-12) * sqrt(C) * gamma, |x| over the channels, in float32 inside. A clip is [T, H,
// W, C], contiguous.
class ChannelNorm {
 public:
  // Takes gamma [channels, 1, 1, 1].
  ChannelNorm(const ParamScope& scope, int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;
  // SiLU of the normalised clip, written into `out`, shaped like `x` and perhaps a part of a larger
  // tensor.
  void silu_into(at::Tensor out, const at::Tensor& x) const;

 private:
  at::Tensor gamma_;  // [C]
  at::Tensor scale_;  // sqrt(C) * gamma in float32
};

}  // namespace kinema::nn
