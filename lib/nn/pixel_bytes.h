// Decoded frames as 8-bit pixels, made where the frames are.
#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "nn/fused.h"

namespace kinema::nn {

// This class does it with LibTorch's operators, as the reference does.
class PixelBytes {
 public:
  virtual ~PixelBytes() = default;
  // frames [3, F, H, W], about -1..1 -> [F, H, W, 3] uint8 beside them, contiguous: to the nearest
  // of 256 levels, what is beyond them to the first or last.
  virtual at::Tensor operator()(const at::Tensor& frames) const;
};

// frames [3, F, H, W], about -1..1 -> [F, H, W, 3] float32, 0 to 1.
at::Tensor unit_pixels(const at::Tensor& frames);

// Throws Error(kConfig) if the kernels are asked for and cannot be loaded.
std::unique_ptr<PixelBytes> pixel_bytes(ElementwiseBy by,
                                        const std::filesystem::path& module = kernels_module());

}  // namespace kinema::nn
