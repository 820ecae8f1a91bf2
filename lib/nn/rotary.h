// Rotary position embeddings on pairs of a head's channels.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::nn {

// How far each token turns each pair of channels: cos + i sin, [L, 1, D / 2] complex float32.
struct Rotary {
  at::Tensor turns;
};

// Tables for a grid of tokens, the last axis fastest, in the same memory as `beside`. Each axis
// counts from 0 and owns `axes_dim[a]` of the head's channels, in order; its pair i turns by
// position * theta^(-2i / axes_dim[a]).
Rotary grid_rotary(const std::vector<int64_t>& grid,
                   const std::vector<int64_t>& axes_dim,
                   double theta,
                   const at::Tensor& beside);

// x [B, L, H, D] with the pairs (2j, 2j + 1) turned, in float32, rounded back to x's type.
at::Tensor rotated(const at::Tensor& x, const Rotary& rotary);

// Which of a head's channels turn together: (2j, 2j + 1), or (j, j + D / 2).
enum class Pairs { kNeighbours, kHalves };

// The same by cosines and sines, each [L, H, D / 2] float32.
at::Tensor turned(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, Pairs pairs);

}  // namespace kinema::nn
