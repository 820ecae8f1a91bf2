// Tables in float32 as diffusers makes them; the turn is one complex product.
#include "nn/rotary.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/view_as_complex.h>
#include <ATen/ops/view_as_real.h>

namespace kinema::nn {
namespace {

at::Tensor axis_angles(const at::Tensor& positions, int64_t dim, double theta) {
  auto exponents = at::arange(0, dim, 2, positions.options()).div_(static_cast<double>(dim));
  return at::outer(positions, at::pow(theta, exponents).reciprocal_());
}

}  // namespace

Rotary grid_rotary(const std::vector<int64_t>& grid,
                   const std::vector<int64_t>& axes_dim,
                   double theta,
                   const at::Tensor& beside) {
  std::vector<at::Tensor> axes;
  for (auto size : grid) {
    axes.push_back(at::arange(size, beside.options().dtype(at::kFloat)));
  }
  auto positions = at::meshgrid(axes, "ij");
  std::vector<at::Tensor> angles;
  for (size_t a = 0; a < axes.size(); ++a) {
    angles.push_back(axis_angles(positions[a].flatten(), axes_dim[a], theta));
  }
  auto all = at::cat(angles, 1);
  return {at::complex(all.cos(), all.sin()).unsqueeze(1)};
}

at::Tensor rotated(const at::Tensor& x, const Rotary& rotary) {
  auto pairs = at::view_as_complex(x.to(at::kFloat).unflatten(-1, {-1, 2}));
  return at::view_as_real(pairs * rotary.turns).flatten(-2).to(x.scalar_type());
}

at::Tensor turned(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, Pairs pairs) {
  // Of a head's channels as [D / 2, 2] or [2, D / 2], the dimension that tells a pair apart.
  const int64_t pair = pairs == Pairs::kNeighbours ? -1 : -2;
  const auto halves = pair == -1 ? std::vector<int64_t>{-1, 2} : std::vector<int64_t>{2, -1};
  // Products with the tables are float32 whatever x is.
  auto in = x.unflatten(-1, halves);
  auto out = in * cos.unsqueeze(pair);
  out.select(pair, 0).addcmul_(in.select(pair, 1), sin, -1);
  out.select(pair, 1).addcmul_(in.select(pair, 0), sin);
  return out.flatten(-2).to(x.scalar_type());
}

}  // namespace kinema::nn
