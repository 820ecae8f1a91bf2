// Source of the order of operations: diffusers' AdaLayerNormZero and RMSNorm, torch's RMSNorm.
#include "nn/elementwise.h"

#include <utility>

#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/rms_norm.h>

#include "nn/layers.h"

namespace kinema::nn {
namespace {

constexpr double kEps = 1e-6;

}  // namespace

const Elementwise& reference_elementwise() {
  static const Elementwise reference;
  return reference;
}

at::Tensor gated(const at::Tensor& x, at::Tensor y, const at::Tensor& gate) {
  return y.mul_(gate).add_(x);
}

at::Tensor Elementwise::modulated(const at::Tensor& x,
                                  const at::Tensor& scale,
                                  const at::Tensor& shift) const {
  return layer_normed(x, kEps).mul_(scale).add_(shift);
}

Elementwise::Modulated Elementwise::gated_modulated(const at::Tensor& x,
                                                    at::Tensor y,
                                                    const at::Tensor& gate,
                                                    const at::Tensor& scale,
                                                    const at::Tensor& shift) const {
  auto sum = gated(x, std::move(y), gate);
  return {sum, modulated(sum, scale, shift)};
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

at::Tensor Elementwise::rms_modulated(const at::Tensor& x,
                                      const at::Tensor& scale,
                                      const at::Tensor& shift,
                                      const TokenRows* rows,
                                      double eps) const {
  auto normed = at::rms_norm(x, {x.size(-1)}, {}, eps);
  each_run(rows, normed, [&](const at::Tensor& tokens, int64_t row) {
    tokens.mul_(scale[row]).add_(shift[row]);
  });
  return normed;
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
