// The chains of elementwise operations between a transformer's matrix products, behind one
// interface: each operator by itself as the reference, or one pass over memory for each chain.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/rotary.h"
#include "nn/token_rows.h"

namespace kinema::nn {

// Rows of channels: x, y [1, L, C]; scale, shift, gate [1, 1, C]; heads are written into places
// [1, L, G, H / G, D], as nn::JointHeads has them. This class does them with LibTorch's operators,
// rounding where diffusers rounds.
class Elementwise {
 public:
  virtual ~Elementwise() = default;

  // LayerNorm(x) * scale + shift, the norm without parameters, eps 1e-6.
  virtual at::Tensor modulated(const at::Tensor& x,
                               const at::Tensor& scale,
                               const at::Tensor& shift) const;

  // sum = x + gate * y, in the memory of y; rows = LayerNorm(sum) * scale + shift.
  struct Modulated {
    at::Tensor sum, rows;
  };
  virtual Modulated gated_modulated(const at::Tensor& x,
                                    at::Tensor y,
                                    const at::Tensor& gate,
                                    const at::Tensor& scale,
                                    const at::Tensor& shift) const;

  // x [1, L, C], each of its heads divided by its root mean square, times weight [D], then turned;
  // without turns it is not.
  virtual void normed_turned(const at::Tensor& x,
                             const at::Tensor& weight,
                             double eps,
                             const Rotary& rotary,
                             const at::Tensor& to) const;

  // RMS(x) * scale + shift, the norm without parameters; scale, shift: [M, C], of which tokens take
  // the row that `rows` says, or (null) the only one.
  virtual at::Tensor rms_modulated(const at::Tensor& x,
                                   const at::Tensor& scale,
                                   const at::Tensor& shift,
                                   const TokenRows* rows,
                                   double eps) const;

  // x [1, L, C] divided by the root mean square of the whole row, times weight [C], then in each
  // head of the table the halves turned by cos, sin [L, heads, width / 2]; the table's heads may be
  // others than those of `to`, if all together are as wide.
  virtual void row_normed_turned(const at::Tensor& x,
                                 const at::Tensor& weight,
                                 double eps,
                                 const at::Tensor& cos,
                                 const at::Tensor& sin,
                                 const at::Tensor& to) const;

  // GELU (tanh) of x weight^T + bias; the bias may be undefined.
  virtual at::Tensor gelu_linear(const at::Tensor& x,
                                 const at::Tensor& weight,
                                 const at::Tensor& bias) const;
};

// The class above itself; it has no state.
const Elementwise& reference_elementwise();

// x + gate * y, in the memory of y.
at::Tensor gated(const at::Tensor& x, at::Tensor y, const at::Tensor& gate);

}  // namespace kinema::nn
