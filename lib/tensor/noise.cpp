// A generator of its own, so that nothing else can have drawn from it.
#include "tensor/noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>

namespace kinema::tensor {

at::Tensor initial_noise(at::IntArrayRef shape, uint64_t seed, at::ScalarType dtype) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(dtype));
}

}  // namespace kinema::tensor
