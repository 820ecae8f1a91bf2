// Source of the order of operations: diffusers' AdaLayerNormZero and RMSNorm, torch's RMSNorm.
#include "nn/elementwise.h"

#include <utility>

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

at::Tensor Elementwise::normed_turned(const at::Tensor& x,
                                      const at::Tensor& weight,
                                      double eps,
                                      const Rotary& rotary) const {
  auto normed = rms_normed(x, eps).mul_(weight);
  return rotary.turns.defined() ? rotated(normed, rotary) : normed;
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

at::Tensor Elementwise::row_normed_turned(const at::Tensor& x,
                                          const at::Tensor& weight,
                                          double eps,
                                          const at::Tensor& cos,
                                          const at::Tensor& sin) const {
  auto normed = at::rms_norm(x, {x.size(-1)}, weight, eps);
  return turned(normed.unflatten(-1, {cos.size(1), -1}), cos, sin, Pairs::kHalves);
}

}  // namespace kinema::nn
