// Source of the order of operations: diffusers' AdaLayerNormZero and RMSNorm.
#include "nn/elementwise.h"

#include <utility>

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

}  // namespace kinema::nn
