// Source of the order of operations: diffusers' AdaLayerNormZero and RMSNorm, torch's RMSNorm.
#include "nn/elementwise.h"

#include <utility>

#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rms_norm.h>

#include "nn/layers.h"

namespace kinema::nn {

const Elementwise& reference_elementwise() {
  static const Elementwise reference;
  return reference;
}

Residual Elementwise::added(const Residual& x, at::Tensor y, const Gate& gate) const {
  return gated(x.sum(), std::move(y), gate);
}

at::Tensor Elementwise::normed(const Residual& x,
                               const Norm& norm,
                               const Modulation& modulation) const {
  const auto& tokens = x.sum();
  auto rows = norm.over == kernels::RowNorm::kLayer ? layer_normed(tokens, norm.eps)
                                                    : rms_normed(tokens, norm.eps);
  if (!modulation.scale.defined()) return rows;
  each_run(modulation.rows, rows, [&](const at::Tensor& some, int64_t row) {
    some.mul_(row_of(modulation.scale, row)).add_(row_of(modulation.shift, row));
  });
  return rows;
}

void Elementwise::normed_turned(const at::Tensor& x,
                                const at::Tensor& weight,
                                double eps,
                                const Rotary& rotary,
                                const at::Tensor& to) const {
  const auto normed = rms_normed(x.view(to.sizes()), eps);
  if (rotary.turns.defined()) return rotate_into(to, normed.mul_(weight), rotary);
  auto out = to;
  at::mul_out(out, normed, weight);
}

void Elementwise::row_normed_turned(const at::Tensor& x,
                                    const at::Tensor& weight,
                                    double eps,
                                    const at::Tensor& cos,
                                    const at::Tensor& sin,
                                    const at::Tensor& to) const {
  turn_into(to, at::rms_norm(x, {x.size(-1)}, weight, eps), cos, sin, Pairs::kHalves);
}

at::Tensor Elementwise::gelu_linear(const at::Tensor& x,
                                    const at::Tensor& weight,
                                    const at::Tensor& bias) const {
  auto h = at::linear(x, weight, bias);
  return at::gelu_(h, "tanh");
}

}  // namespace kinema::nn
