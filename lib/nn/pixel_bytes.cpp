// Order of operations: diffusers' VaeImageProcessor, then PIL's rounding.
#include "nn/pixel_bytes.h"

#include <string>
#include <utility>

#include <ATen/ops/empty.h>

#include "base/error.h"
#include "kernels/fused_backend.h"

namespace kinema::nn {
namespace {

class FusedPixelBytes : public PixelBytes {
 public:
  explicit FusedPixelBytes(std::unique_ptr<kernels::FusedKernels> kernels)
      : kernels_(std::move(kernels)) {}

  at::Tensor operator()(const at::Tensor& frames) const override {
    auto bytes = at::empty({frames.size(1), frames.size(2), frames.size(3), 3},
                           frames.options().dtype(at::kByte));
    try {
      kernels_->pixel_bytes(frames, bytes);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::kInternal, std::string("a fused kernel failed: ") + error.what(),
                  "--kernels reference");
    }
    return bytes;
  }

 private:
  std::unique_ptr<kernels::FusedKernels> kernels_;
};

}  // namespace

at::Tensor unit_pixels(const at::Tensor& frames) {
  return (frames.permute({1, 2, 3, 0}).to(at::kFloat) * 0.5).add_(0.5).clamp_(0, 1);
}

at::Tensor PixelBytes::operator()(const at::Tensor& frames) const {
  return unit_pixels(frames).mul_(255).round_().to(at::kByte).contiguous();
}

std::unique_ptr<PixelBytes> pixel_bytes(ElementwiseBy by, const std::filesystem::path& module) {
  if (by == ElementwiseBy::kOperators) return std::make_unique<PixelBytes>();
  return std::make_unique<FusedPixelBytes>(fused_kernels(module));
}

}  // namespace kinema::nn
