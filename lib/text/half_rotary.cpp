// x cos + (-x2, x1) sin, each product rounded to x's type.
#include "text/half_rotary.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>

namespace kinema::text {

HalfRotary half_rotary(const Positions& positions,
                       int64_t head_dim,
                       const HalfRotaryRates& rates,
                       const at::TensorOptions& like) {
  auto exponents = at::arange(0, head_dim, 2, at::kFloat).div_(static_cast<double>(head_dim));
  auto turns = at::pow(rates.theta, exponents).reciprocal_().div_(rates.factor);
  auto places = at::arange(positions.first, positions.first + positions.length, at::kFloat);
  auto angles = at::outer(places, turns);
  auto both = at::cat({angles, angles}, -1).unsqueeze(1);
  return {both.cos().to(like), both.sin().to(like)};
}

at::Tensor rotated(const at::Tensor& x, const HalfRotary& rotary) {
  auto halves = x.chunk(2, -1);
  return (x * rotary.cos).add_(at::cat({-halves[1], halves[0]}, -1).mul_(rotary.sin));
}

}  // namespace kinema::text
