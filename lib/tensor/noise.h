// The noise a generation starts from, the same on every machine and layout.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// Standard normal values as the reference draws them: LibTorch's CPU generator seeded with `seed`,
// in type `dtype` (a bfloat16 draw is not a rounded float32 draw). On the CPU.
at::Tensor initial_noise(at::IntArrayRef shape, uint64_t seed, at::ScalarType dtype);

}  // namespace kinema::tensor
