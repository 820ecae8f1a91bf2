// 8-bit RGB as the planes that video encoders take, made where the pixels are: half the bytes.
#pragma once

#include <filesystem>
#include <memory>

#include <ATen/core/Tensor.h>

#include "nn/fused.h"

namespace kinema::nn {

// Smaller and odd pictures have other filters.
bool has_planes(int64_t width, int64_t height);

// This class does it with LibTorch's operators; kernels/yuv420.h says what.
class PixelPlanes {
 public:
  virtual ~PixelPlanes() = default;
  // [F, H, W, 3] uint8, contiguous -> [F, 3 H / 2, W] uint8 beside it: of each frame Y [H, W], then
  // U and V [H / 2, W / 2]. Only sizes with has_planes.
  virtual at::Tensor operator()(const at::Tensor& rgb) const;
};

// By the kernels. Throws Error(kConfig) if they cannot be loaded.
std::unique_ptr<PixelPlanes> fused_pixel_planes(
    const std::filesystem::path& module = kernels_module());

}  // namespace kinema::nn
