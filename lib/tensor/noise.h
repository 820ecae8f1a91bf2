// The noise a generation starts from, the same on every machine and layout.
#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// Standard normal values as the reference draws them, one tensor after the other: LibTorch's CPU
// generator seeded with `seed`. A generator of its own, so that nothing else draws from it.
class Noise {
 public:
  explicit Noise(uint64_t seed);
  // In type `dtype` (a bfloat16 draw is not a rounded float32 draw). On the CPU.
  at::Tensor draw(at::IntArrayRef shape, at::ScalarType dtype);

 private:
  at::Generator generator_;
};

// The first draw.
at::Tensor initial_noise(at::IntArrayRef shape, uint64_t seed, at::ScalarType dtype);

}  // namespace kinema::tensor
