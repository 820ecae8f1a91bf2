// On the CPU one loop does all steps while a position is in the cache; elsewhere LibTorch's fused
// norm.
#include "nn/channel_norm.h"

#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/div.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>

#include "kernels/clip_cpu.h"

namespace kinema::nn {
namespace {

constexpr double kEps = 1e-12;
constexpr int64_t kParallelElements = 1 << 14;  // fewer are not worth another thread

template <typename T>
const T* row(const at::Tensor& clip, int64_t t, int64_t y) {
  return static_cast<const T*>(clip.const_data_ptr()) + t * clip.stride(0) + y * clip.stride(1);
}

// Row by row, so that rows of `out` may lie apart.
template <typename T>
void silu_rows(const at::Tensor& out, const at::Tensor& x, const at::Tensor& scale) {
  const int64_t height = x.size(1), width = x.size(2), channels = x.size(3);
  const auto* factors = scale.const_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(1, kParallelElements / (width * channels));
  at::parallel_for(0, x.size(0) * height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t t = i / height, y = i % height;
      kernels::silu_normed(row<T>(x, t, y), factors, const_cast<T*>(row<T>(out, t, y)), width,
                           channels);
    }
  });
}

}  // namespace

ChannelNorm::ChannelNorm(const ParamScope& scope, int64_t channels)
    : gamma_(scope.take("gamma", {channels, 1, 1, 1}).flatten()),
      scale_(gamma_.to(at::kFloat) * std::sqrt(static_cast<double>(channels))) {}

at::Tensor ChannelNorm::operator()(const at::Tensor& x) const {
  const auto values = x.to(at::kFloat);
  const auto length = at::linalg_vector_norm(values, 2, at::IntArrayRef{-1}, /*keepdim=*/true);
  return at::div(values, length.clamp_min(kEps)).mul_(scale_).to(x.scalar_type());
}

void ChannelNorm::silu_into(at::Tensor out, const at::Tensor& x) const {
  if (x.is_cpu() && x.scalar_type() == at::kFloat) return silu_rows<float>(out, x, scale_);
  if (x.is_cpu() && x.scalar_type() == at::kBFloat16)
    return silu_rows<kernels::Bfloat16>(out, x, scale_);
  // |x| / sqrt(C) is the root of the mean square.
  const double eps = kEps * kEps / static_cast<double>(x.size(-1));
  at::silu_out(out, at::rms_norm(x, {x.size(-1)}, gamma_, eps));
}

}  // namespace kinema::nn
