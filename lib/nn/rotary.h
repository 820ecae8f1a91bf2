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

// x [1, L, G, H / G, D] with the pairs (2j, 2j + 1) of each head turned, in float32, rounded back
// to x's type and written into `to` of the same sizes, whatever its strides but the last.
void rotate_into(const at::Tensor& to, const at::Tensor& x, const Rotary& rotary);

// Which of a head's channels turn together: (2j, 2j + 1), or (j, j + D / 2).
enum class Pairs { kNeighbours, kHalves };

// The same by cosines and sines, each [L, H, D / 2] float32.
at::Tensor turned(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, Pairs pairs);

// The same of x [1, L, C], written into `to` [1, L, G, H / G, D]. The table's heads may be others
// than H, if all together are as wide.
void turn_into(const at::Tensor& to,
               const at::Tensor& x,
               const at::Tensor& cos,
               const at::Tensor& sin,
               Pairs pairs);

}  // namespace kinema::nn
