// Tables in float32 as diffusers makes them; the turn is one complex product.
#include "nn/rotary.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/mul.h>
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

void rotate_into(const at::Tensor& to, const at::Tensor& x, const Rotary& rotary) {
  const auto pairs = [](const at::Tensor& y) {
    return at::view_as_complex(y.unflatten(-1, {-1, 2}));
  };
  const auto from = pairs(x.to(at::kFloat)), turns = rotary.turns.unsqueeze(1);
  if (to.scalar_type() != at::kFloat) {
    to.copy_(at::view_as_real(from * turns).flatten(-2));
    return;
  }
  auto out = pairs(to);
  at::mul_out(out, from, turns);
}

namespace {

// Of a head's channels as [D / 2, 2] or [2, D / 2], the dimension that tells a pair apart.
int64_t pair_dim(Pairs pairs) { return pairs == Pairs::kNeighbours ? -1 : -2; }

at::Tensor halved(const at::Tensor& x, Pairs pairs) {
  if (pairs == Pairs::kNeighbours) return x.unflatten(-1, {-1, 2});
  return x.unflatten(-1, {2, -1});
}

// Both as halved() gives them; products with the tables are float32 whatever `in` is.
void turn(at::Tensor out,
          const at::Tensor& in,
          const at::Tensor& cos,
          const at::Tensor& sin,
          Pairs pairs) {
  const int64_t pair = pair_dim(pairs);
  at::mul_out(out, in, cos.unsqueeze(pair));
  out.select(pair, 0).addcmul_(in.select(pair, 1), sin, -1);
  out.select(pair, 1).addcmul_(in.select(pair, 0), sin);
}

at::Tensor turned_wide(const at::Tensor& x,
                       const at::Tensor& cos,
                       const at::Tensor& sin,
                       Pairs pairs) {
  auto out = at::empty(x.sizes(), x.options().dtype(at::kFloat));
  turn(halved(out, pairs), halved(x, pairs), cos, sin, pairs);
  return out;
}

}  // namespace

at::Tensor turned(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, Pairs pairs) {
  return turned_wide(x, cos, sin, pairs).to(x.scalar_type());
}

void turn_into(const at::Tensor& to,
               const at::Tensor& x,
               const at::Tensor& cos,
               const at::Tensor& sin,
               Pairs pairs) {
  const int64_t heads = cos.size(1), groups = to.size(2);
  if (to.scalar_type() != at::kFloat || heads % groups != 0) {
    to.copy_(turned_wide(x.unflatten(-1, {heads, -1}), cos, sin, pairs).view(to.sizes()));
    return;
  }
  const auto out = to.flatten(3).unflatten(3, {heads / groups, -1});
  const auto by_group = [&](const at::Tensor& table) {
    return table.unflatten(1, {groups, heads / groups});
  };
  turn(halved(out, pairs), halved(x.view(out.sizes()), pairs), by_group(cos), by_group(sin), pairs);
}

}  // namespace kinema::nn
