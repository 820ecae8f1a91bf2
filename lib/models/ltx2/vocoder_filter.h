// Change of a signal's rate with one low-pass filter for all channels.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::ltx2 {

// x [B, C, L] -> [B, C, ratio * L]; filter [K]. Ends are continued by their last value, `margin`
// of the given samples on either side; `before` of what comes out goes first.
struct Upsampling {
  at::Tensor filter;
  int64_t ratio, margin, before;

  at::Tensor operator()(const at::Tensor& x) const;
};

// The form that stands around the vocoder's activations; the filter is the checkpoint's, [1, 1, K].
Upsampling antialias_upsampling(const at::Tensor& filter, int64_t ratio);

// The form that raises a finished wave's rate: a Hann-windowed sinc. On the CPU in float32.
Upsampling hann_upsampling(int64_t ratio);

// x [B, C, L] -> [B, C, L / ratio]; filter [1, 1, K].
at::Tensor downsampled(const at::Tensor& x, const at::Tensor& filter, int64_t ratio);

}  // namespace kinema::ltx2
