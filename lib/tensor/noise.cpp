// The generator goes on where the draw before ended.
#include "tensor/noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>

namespace kinema::tensor {

Noise::Noise(uint64_t seed) : generator_(at::detail::createCPUGenerator(seed)) {}

at::Tensor Noise::draw(at::IntArrayRef shape, at::ScalarType dtype) {
  return at::randn(shape, generator_, at::TensorOptions().dtype(dtype));
}

at::Tensor initial_noise(at::IntArrayRef shape, uint64_t seed, at::ScalarType dtype) {
  return Noise(seed).draw(shape, dtype);
}

}  // namespace kinema::tensor
