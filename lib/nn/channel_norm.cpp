// On the CPU the rows of a clip go through all steps while they are in the cache; elsewhere
// LibTorch's fused norm does it.
#include "nn/channel_norm.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <c10/core/InferenceMode.h>

namespace kinema::nn {
namespace {

constexpr double kEps = 1e-12;
constexpr int64_t kCachedElements =
    1 << 15;  // of one step's float32 rows: a few such tensors fit into a core's cache

// x: [..., C] of any float type -> float32.
at::Tensor normed(const at::Tensor& x, const at::Tensor& scale) {
  const auto values = x.to(at::kFloat);
  const auto length =
      at::linalg_vector_norm(values, 2, at::IntArrayRef{-1}, /*keepdim=*/true).clamp_min_(kEps);
  return at::div(values, length).mul_(scale);
}

// Calls work(t, first row, rows) for pieces of [T, H, W, C], in parallel.
template <typename Work>
void for_row_pieces(const at::Tensor& x, const Work& work) {
  const int64_t height = x.size(1);
  const int64_t rows = std::clamp<int64_t>(kCachedElements / (x.size(2) * x.size(3)), 1, height);
  const int64_t pieces = (height + rows - 1) / rows;
  // Worker threads do not inherit the mode.
  const bool inference = c10::InferenceMode::is_enabled();
  at::parallel_for(0, x.size(0) * pieces, 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode guard(inference);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i % pieces * rows;
      work(i / pieces, row, std::min(rows, height - row));
    }
  });
}

}  // namespace

ChannelNorm::ChannelNorm(const ParamScope& scope, int64_t channels)
    : gamma_(scope.take("gamma", {channels, 1, 1, 1}).flatten()),
      scale_(gamma_.to(at::kFloat) * std::sqrt(static_cast<double>(channels))) {}

at::Tensor ChannelNorm::operator()(const at::Tensor& x) const {
  return normed(x, scale_).to(x.scalar_type());
}

void ChannelNorm::silu_into(at::Tensor out, const at::Tensor& x) const {
  if (!x.is_cpu()) {
    // |x| / sqrt(C) is the root of the mean square.
    const double eps = kEps * kEps / static_cast<double>(x.size(-1));
    at::silu_out(out, at::rms_norm(x, {x.size(-1)}, gamma_, eps));
    return;
  }
  for_row_pieces(x, [&](int64_t t, int64_t row, int64_t rows) {
    auto piece = out[t].narrow(0, row, rows);
    const auto values = normed(x[t].narrow(0, row, rows), scale_);
    if (piece.scalar_type() == at::kFloat) {
      at::silu_out(piece, values);
    } else {
      piece.copy_(at::silu(values));
    }
  });
}

}  // namespace kinema::nn
