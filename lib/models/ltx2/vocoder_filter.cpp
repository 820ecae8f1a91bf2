// Source: UpSample1d and DownSample1d of diffusers' LTX-2 vocoder.
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

// One filter for each channel, all the same: a convolution in groups is the fastest form of it.
at::Tensor for_channels(const at::Tensor& filter, const at::Tensor& x) {
  return filter.to(x.options()).view({1, 1, -1}).expand({x.size(1), 1, -1});
}

}  // namespace

at::Tensor Upsampling::operator()(const at::Tensor& x) const {
  const auto padded = at::replication_pad1d(x, {margin, margin});
  const auto y = at::conv_transpose1d(padded, for_channels(filter, x), {}, /*stride=*/ratio,
                                      /*padding=*/0, /*output_padding=*/0, /*groups=*/x.size(1));
  return y.narrow(2, before, ratio * x.size(2)) * ratio;
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
  const auto padded = at::replication_pad1d(x, {taps / 2 + taps % 2 - 1, taps / 2});
  return at::conv1d(padded, for_channels(filter, x), {}, at::IntArrayRef{ratio},
                    /*padding=*/at::IntArrayRef{0}, /*dilation=*/1, /*groups=*/x.size(1));
}

}  // namespace kinema::ltx2
