// The chains of elementwise operations between a transformer's matrix products, behind one
// interface: each operator by itself as the reference, or one pass over memory for each chain.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/row_norm.h"
#include "nn/residual.h"
#include "nn/rotary.h"

namespace kinema::nn {

// A norm of tokens over their channels, without parameters.
struct Norm {
  kernels::RowNorm over;
  double eps;
};

// Vectors that normed tokens are multiplied with and then shifted by, as Gate's; undefined: not.
struct Modulation {
  at::Tensor scale = {}, shift = {};
  const TokenRows* rows = nullptr;
};

// Rows of channels: x [1, L, C]; heads are written into places [1, L, G, H / G, D], as
// nn::JointHeads has them. This class does them with LibTorch's operators, rounding where diffusers
// rounds.
class Elementwise {
 public:
  virtual ~Elementwise() = default;

  // x + gate * y, at once or when the norm of it is wanted; y's memory is used.
  virtual Residual added(const Residual& x, at::Tensor y, const Gate& gate = {}) const;

  // norm(x) * scale + shift.
  virtual at::Tensor normed(const Residual& x,
                            const Norm& norm,
                            const Modulation& modulation = {}) const;

  // x [1, L, C], each of its heads divided by its root mean square, times weight [D], then turned;
  // without turns it is not.
  virtual void normed_turned(const at::Tensor& x,
                             const at::Tensor& weight,
                             double eps,
                             const Rotary& rotary,
                             const at::Tensor& to) const;

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

}  // namespace kinema::nn
