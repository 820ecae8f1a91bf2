// 3D convolution of clips that lie channel by channel in memory, the one place where its back end
// is chosen.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/param_scope.h"

namespace kinema::nn {

// Stride 1, no padding: the caller pads. A clip is [T, H, W, C], contiguous. On the CPU a frame's
// result does not depend on how many frames are convolved with it, so that a clip may be cut in
// time without a change of bits (in bfloat16 where a frame of the result has more than four
// positions).
class Conv3d {
 public:
  // Takes weight [out, in, kernel, kernel, kernel] and bias [out].
  Conv3d(const ParamScope& scope, int64_t in, int64_t out, int64_t kernel);
  // [T, H, W, in] -> [T - kernel + 1, H - kernel + 1, W - kernel + 1, out], in a float or bfloat16
  // type of the weight's.
  at::Tensor operator()(const at::Tensor& x) const;
  // The same plus `sum`, in the memory of `sum`.
  at::Tensor added_to(at::Tensor sum, const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

}  // namespace kinema::nn
