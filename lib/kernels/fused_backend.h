// What libkinema_kernels.so does on a GPU: chains of elementwise operations between a transformer's
// matrix products, each in one pass over memory. It stands apart so that a run on the CPU loads no
// CUDA. The ATen forms of the same chains are nn/elementwise.h's.
#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "kernels/row_norm.h"

namespace kinema::kernels {

// Vectors that a row of tokens is scaled, shifted and gated with, each [M, C] with contiguous rows,
// or undefined: then it is not. `row_of` [L] int32 says which of the M a token takes; undefined:
// all take the first.
struct RowVectors {
  at::Tensor shift, scale, gate;
  at::Tensor row_of;
};

// All tensors are on one GPU, float32 or bfloat16 of one kind unless said otherwise, their last
// dimension contiguous and at most kWidest. Sums are float32 inside. Work is given to the current
// stream. Throws std::runtime_error with one sentence if CUDA refuses.
class FusedKernels {
 public:
  static constexpr int64_t kWidest = 8192;

  virtual ~FusedKernels() = default;

  // norm(x) * scale + shift. x: [L, C], C a multiple of 8.
  virtual at::Tensor norm_modulate(const at::Tensor& x,
                                   const RowVectors& vectors,
                                   RowNorm norm,
                                   double eps) = 0;

  // y = x + gate * y in the memory of y, and of that norm(y) * scale + shift. `gate` comes from
  // `gates`, the others from `vectors`.
  virtual at::Tensor residual_gate_norm_modulate(const at::Tensor& x,
                                                 const at::Tensor& y,
                                                 const RowVectors& gates,
                                                 const RowVectors& vectors,
                                                 RowNorm norm,
                                                 double eps) = 0;

  // Each head divided by its root mean square, times weight [D], the pairs (2j, 2j + 1) turned by
  // turns [L, D / 2] complex64 (undefined: not turned). x, out: [L, H, D], any strides of L and H;
  // D a multiple of 8 and at most 256.
  virtual void head_norm_rotate(const at::Tensor& x,
                                const at::Tensor& weight,
                                const at::Tensor& turns,
                                double eps,
                                const at::Tensor& out) = 0;

  // Each token divided by the root mean square of all its heads, times weight [H * D], then within
  // each head the pairs (j, j + D / 2) turned by cos and sin [L, H, D / 2] float32 (undefined: not
  // turned). x: [L, H, D], contiguous heads, any stride of L; out: [L, G, H / G, D], contiguous
  // heads within a group, any strides of L and G.
  virtual void row_norm_rotate(const at::Tensor& x,
                               const at::Tensor& weight,
                               const at::Tensor& cos,
                               const at::Tensor& sin,
                               double eps,
                               const at::Tensor& out) = 0;

  // round((x / 2 + 1 / 2) * 255) within 0..255. frames: [3, F, H, W], any strides; out:
  // [F, H, W, 3] uint8, contiguous.
  virtual void pixel_bytes(const at::Tensor& frames, const at::Tensor& out) = 0;

  // rgb: [F, H, W, 3] uint8, contiguous, H and W even; out: [F, 3 H / 2, W] uint8, contiguous: of
  // each frame Y [H, W], then U and V [H / 2, W / 2], as kernels/yuv420.h says.
  virtual void pixel_planes(const at::Tensor& rgb, const at::Tensor& out) = 0;
};

// Exported as kinema_kernels_open; for the current GPU.
using KernelsOpen = std::unique_ptr<FusedKernels> (*)();

}  // namespace kinema::kernels
