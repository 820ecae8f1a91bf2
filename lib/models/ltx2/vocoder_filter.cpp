// Channels go into the batch: the filter is the same for all of them.
#include "models/ltx2/vocoder_filter.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv_transpose1d.h>
#include <ATen/ops/replication_pad1d.h>
#include <ATen/ops/sinc.h>

namespace kinema::ltx2 {
namespace {

constexpr double kPi = 3.14159265358979323846;

at::Tensor alone(const at::Tensor& x) { return x.flatten(0, 1).unsqueeze(1); }

at::Tensor together(const at::Tensor& y, const at::Tensor& x) {
  return y.squeeze(1).unflatten(0, {x.size(0), x.size(1)});
}

}  // namespace

at::Tensor Upsampling::operator()(const at::Tensor& x) const {
  const auto padded = at::replication_pad1d(alone(x), {margin, margin});
  const auto taps = filter.to(x.options()).view({1, 1, -1});
  const auto y = at::conv_transpose1d(padded, taps, {}, /*stride=*/ratio).mul_(ratio);
  return together(y.narrow(2, before, ratio * x.size(2)), x);
}

Upsampling antialias_upsampling(const at::Tensor& filter, int64_t ratio) {
  const int64_t taps = filter.size(-1), margin = taps / ratio - 1;
  return {filter, ratio, margin, margin * ratio + (taps - ratio) / 2};
}

Upsampling hann_upsampling(int64_t ratio) {
  constexpr double kRolloff = 0.99;
  constexpr int64_t kHalfWidth = 6;
  const auto width = static_cast<int64_t>(std::ceil(kHalfWidth / kRolloff));
  const auto time =
      at::arange(2 * width * ratio + 1, at::kFloat).div_(ratio).sub_(width).mul_(kRolloff);
  const auto window =
      time.clamp(-kHalfWidth, kHalfWidth).mul_(kPi).div_(kHalfWidth).div_(2).cos_().pow_(2);
  auto filter = at::sinc(time).mul_(window).mul_(kRolloff).div_(ratio);
  return {filter, ratio, width, 2 * width * ratio};
}

at::Tensor downsampled(const at::Tensor& x, const at::Tensor& filter, int64_t ratio) {
  const int64_t taps = filter.size(-1);
  const auto padded = at::replication_pad1d(alone(x), {taps / 2 + taps % 2 - 1, taps / 2});
  return together(at::conv1d(padded, filter, {}, /*stride=*/ratio), x);
}

}  // namespace kinema::ltx2
