// Rotary positions on pairs of channels half a head apart, as Qwen, Llama and Gemma have them.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::text {

// Cosines and sines, each [L, 1, D].
struct HalfRotary {
  at::Tensor cos, sin;
};

// The positions `first` to `first` + `length` - 1.
struct Positions {
  int64_t length, first = 0;
};

// Channel pair (i, i + D / 2) turns by position / factor * theta^(-2i / D).
struct HalfRotaryRates {
  double theta, factor = 1.0;
};

// Computed in float32 on the CPU and rounded to `like`'s type, as the reference rounds them.
HalfRotary half_rotary(const Positions& positions,
                       int64_t head_dim,
                       const HalfRotaryRates& rates,
                       const at::TensorOptions& like);

// x [B, L, H, D].
at::Tensor rotated(const at::Tensor& x, const HalfRotary& rotary);

}  // namespace kinema::text
