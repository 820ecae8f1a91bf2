// The video autoencoder's convolutions. A clip is [T, H, W, C], contiguous: what a channels-last
// convolution reads.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/ltx2_video_vae_config.h"
#include "models/ltx2/vae_flow.h"
#include "nn/conv3d.h"
#include "nn/param_scope.h"

namespace kinema::ltx2 {

// What lies beyond a clip's borders: copies of its first and last frame, `space` around each frame.
struct Borders {
  bool causal;  // two copies of the first frame; else one of the first and one of the last
  config::Ltx2Padding space;
};

// What is added to and multiplied with normalised channels, [C] each; undefined: nothing.
struct ShiftScale {
  at::Tensor shift, scale;
};

// 3x3x3 without change of size.
class VaeConv {
 public:
  VaeConv(const nn::ParamScope& scope, int64_t in, int64_t out, Borders borders);
  // [T, H, W, in] -> [T', H, W, out]; T' is T but in a clip that comes in parts.
  at::Tensor operator()(const at::Tensor& x, Flow& flow) const;
  // Of SiLU(x / rms(x) * (1 + scale) + shift), the root mean square over the channels.
  at::Tensor activated(const at::Tensor& x, const ShiftScale& modulation, Flow& flow) const;

 private:
  template <typename Write>
  at::Tensor convolved(const at::Tensor& x, Flow& flow, const Write& write) const;

  int64_t out_;
  Borders borders_;
  nn::Conv3d conv_;
};

}  // namespace kinema::ltx2
