// Rotary positions on pairs of channels half a head apart, as Qwen and Llama have them.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::text {

// Cosines and sines, each [L, 1, D].
struct HalfRotary {
  at::Tensor cos, sin;
};

// Positions 0 to `length` - 1; channel pair (i, i + D / 2) turns by position * theta^(-2i / D).
// Computed in float32 on the CPU and rounded to `like`'s type, as the reference rounds them.
HalfRotary half_rotary(int64_t length,
                       int64_t head_dim,
                       double theta,
                       const at::TensorOptions& like);

// x [B, L, H, D].
at::Tensor rotated(const at::Tensor& x, const HalfRotary& rotary);

}  // namespace kinema::text
