// In float32 throughout, rounded once at the end as the kernels do.
#include "kernels/aten_kernels.h"

#include <stdexcept>

#include <ATen/ATen.h>

#include "nn/layers.h"
#include "nn/pixel_bytes.h"
#include "nn/pixel_planes.h"
#include "nn/rotary.h"

namespace kinema::test {
namespace {

void require(bool holds, const char* text) {
  if (!holds) throw std::runtime_error(text);
}

void require_rows(const at::Tensor& x) {
  require(x.dim() == 2 && x.is_contiguous(), "rows [L, C] without gaps");
  require(x.size(1) % 8 == 0 && x.size(1) <= kernels::FusedKernels::kWidest, "widths of 8");
}

// [L, C] or [1, C], float32.
at::Tensor chosen(const at::Tensor& vectors, const at::Tensor& row_of, const at::Tensor& like) {
  require(vectors.dim() == 2 && vectors.stride(1) == 1 && vectors.stride(0) % 8 == 0 &&
              vectors.size(1) == like.size(1) && vectors.scalar_type() == like.scalar_type(),
          "vectors of the rows' width and type");
  require(!row_of.defined() || row_of.scalar_type() == at::kInt, "numbers of rows in 32 bits");
  return row_of.defined() ? vectors.index_select(0, row_of).to(at::kFloat)
                          : vectors.narrow(0, 0, 1).to(at::kFloat);
}

at::Tensor normed(const at::Tensor& x, kernels::RowNorm norm, double eps) {
  if (norm == kernels::RowNorm::kLayer) return nn::layer_normed(x, eps);
  return at::rms_norm(x, {x.size(-1)}, {}, eps);
}

at::Tensor modulated(const at::Tensor& x,
                     const kernels::RowVectors& vectors,
                     kernels::RowNorm norm,
                     double eps) {
  auto rows = normed(x.to(at::kFloat), norm, eps);
  if (vectors.scale.defined()) rows = rows * chosen(vectors.scale, vectors.row_of, x);
  if (vectors.shift.defined()) rows = rows + chosen(vectors.shift, vectors.row_of, x);
  return rows.to(x.scalar_type());
}

}  // namespace

at::Tensor AtenKernels::norm_modulate(const at::Tensor& x,
                                      const kernels::RowVectors& vectors,
                                      kernels::RowNorm norm,
                                      double eps) {
  count("norm_modulate");
  require_rows(x);
  return modulated(x, vectors, norm, eps);
}

at::Tensor AtenKernels::residual_gate_norm_modulate(const at::Tensor& x,
                                                    const at::Tensor& y,
                                                    const kernels::RowVectors& gates,
                                                    const kernels::RowVectors& vectors,
                                                    kernels::RowNorm norm,
                                                    double eps) {
  count("residual_gate_norm_modulate");
  require_rows(x);
  require(y.sizes() == x.sizes() && y.is_contiguous() && y.scalar_type() == x.scalar_type(),
          "both terms alike");
  auto added = y.to(at::kFloat);
  if (gates.gate.defined()) added = added * chosen(gates.gate, gates.row_of, x);
  y.copy_(x.to(at::kFloat) + added);
  return modulated(y, vectors, norm, eps);
}

void AtenKernels::head_norm_rotate(const at::Tensor& x,
                                   const at::Tensor& weight,
                                   const at::Tensor& turns,
                                   double eps,
                                   const at::Tensor& out) {
  count("head_norm_rotate");
  require(x.size(2) % 8 == 0 && x.size(2) <= 256 && x.stride(2) == 1 && out.stride(2) == 1 &&
              out.sizes() == x.sizes(),
          "heads without gaps");
  const auto plain = nn::rms_normed(x.to(at::kFloat), eps) * weight.to(at::kFloat);
  if (!turns.defined()) {
    out.copy_(plain);
    return;
  }
  nn::rotate_into(out.unsqueeze(0).unsqueeze(2), plain.unsqueeze(0).unsqueeze(2),
                  {turns.unsqueeze(1)});
}

void AtenKernels::row_norm_rotate(const at::Tensor& x,
                                  const at::Tensor& weight,
                                  const at::Tensor& cos,
                                  const at::Tensor& sin,
                                  double eps,
                                  const at::Tensor& out) {
  count("row_norm_rotate");
  require(x.stride(2) == 1 && x.stride(1) == x.size(2), "a token's heads without gaps");
  require(out.dim() == 4 && out.stride(3) == 1 && out.stride(2) == x.size(2) &&
              out.size(3) == x.size(2) && out.numel() == x.numel(),
          "a group's heads without gaps");
  const auto row = x.flatten(1).to(at::kFloat);
  const auto plain = at::rms_norm(row, {row.size(1)}, weight.to(at::kFloat), eps);
  if (!cos.defined()) {
    out.copy_(plain.view(out.sizes()));
    return;
  }
  nn::turn_into(out.unsqueeze(0), plain.unsqueeze(0), cos, sin, nn::Pairs::kHalves);
}

void AtenKernels::pixel_bytes(const at::Tensor& frames, const at::Tensor& out) {
  count("pixel_bytes");
  out.copy_(nn::PixelBytes()(frames));
}

void AtenKernels::pixel_planes(const at::Tensor& rgb, const at::Tensor& out) {
  count("pixel_planes");
  out.copy_(nn::PixelPlanes()(rgb));
}

}  // namespace kinema::test
