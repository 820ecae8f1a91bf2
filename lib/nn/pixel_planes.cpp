// In 32-bit integers, each filter as a sum of shifted copies.
#include "nn/pixel_planes.h"

#include <string>
#include <utility>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "base/error.h"
#include "kernels/yuv420.h"

namespace kinema::nn {
namespace {

using kernels::kYuv420;

constexpr int64_t kSmallest = 16;

// rgb: [F, H, W, 3] int32 -> [F, H, W].
at::Tensor weighted(const at::Tensor& rgb, const int (&weights)[3], int zero) {
  auto sum = rgb.select(3, 0) * weights[0];
  sum.add_(rgb.select(3, 1), weights[1]).add_(rgb.select(3, 2), weights[2]).add_(zero);
  return sum.bitwise_right_shift_(kernels::kYuvSumShift);
}

// Every other position along `dim`.
template <size_t kTaps>
at::Tensor filtered(const at::Tensor& x, int64_t dim, const int (&taps)[kTaps]) {
  const int64_t size = x.size(dim);
  const auto centres = at::arange(0, size, 2, x.options().dtype(at::kLong));
  at::Tensor sum;
  for (size_t k = 0; k < kTaps; ++k) {
    const auto at = (centres + (static_cast<int64_t>(k) - kernels::kYuvBefore)).clamp_(0, size - 1);
    const auto there = x.index_select(dim, at);
    sum = sum.defined() ? sum.add_(there, taps[k]) : there * taps[k];
  }
  return sum;
}

at::Tensor chroma(const at::Tensor& rgb, const int (&weights)[3]) {
  auto half = filtered(weighted(rgb, weights, kernels::kChromaZero), 2, kYuv420.across);
  half.bitwise_right_shift_(kernels::kAcrossShift).clamp_max_(kernels::kYuvMost);
  auto quarter = filtered(half, 1, kYuv420.down);
  return quarter.add_(kernels::kDownHalf).bitwise_right_shift_(kernels::kDownShift);
}

at::Tensor luma(const at::Tensor& rgb) {
  auto sum = weighted(rgb, kYuv420.luma, kernels::kLumaZero).mul_(2).clamp_max_(kernels::kYuvMost);
  return sum.add_(kernels::kLumaHalf).bitwise_right_shift_(kernels::kLumaShift);
}

class FusedPixelPlanes : public PixelPlanes {
 public:
  explicit FusedPixelPlanes(std::unique_ptr<kernels::FusedKernels> kernels)
      : kernels_(std::move(kernels)) {}

  at::Tensor operator()(const at::Tensor& rgb) const override {
    auto planes = at::empty({rgb.size(0), rgb.size(1) * 3 / 2, rgb.size(2)}, rgb.options());
    try {
      kernels_->pixel_planes(rgb, planes);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::kInternal, std::string("a fused kernel failed: ") + error.what(),
                  "--kernels reference");
    }
    return planes;
  }

 private:
  std::unique_ptr<kernels::FusedKernels> kernels_;
};

}  // namespace

bool has_planes(int64_t width, int64_t height) {
  return width >= kSmallest && height >= kSmallest && width % 2 == 0 && height % 2 == 0;
}

at::Tensor PixelPlanes::operator()(const at::Tensor& rgb) const {
  const auto wide = rgb.to(at::kInt);
  auto flat = [](at::Tensor levels) { return levels.clamp_(0, 255).to(at::kByte).flatten(1); };
  const auto planes = at::cat(
      {flat(luma(wide)), flat(chroma(wide, kYuv420.blue)), flat(chroma(wide, kYuv420.red))}, 1);
  return planes.view({rgb.size(0), rgb.size(1) * 3 / 2, rgb.size(2)});
}

std::unique_ptr<PixelPlanes> fused_pixel_planes(const std::filesystem::path& module) {
  return std::make_unique<FusedPixelPlanes>(fused_kernels(module));
}

}  // namespace kinema::nn
