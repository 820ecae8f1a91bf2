// The kernels that a job asked for, as what a transformer is given.
#pragma once

#include <memory>

#include "nn/fused.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

inline nn::ElementwiseBy kernels_of(const Runtime& runtime) {
  const bool fused = runtime.request.kernels == config::Kernels::kFused;
  return fused ? nn::ElementwiseBy::kFusedKernels : nn::ElementwiseBy::kOperators;
}

// Throws Error(kConfig) if --kernels fused has no module to load.
inline std::unique_ptr<nn::Elementwise> elementwise_of(const Runtime& runtime) {
  return nn::elementwise(kernels_of(runtime));
}

}  // namespace kinema::pipeline
