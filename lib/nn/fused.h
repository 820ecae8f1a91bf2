// The elementwise chains by the kernels of libkinema_kernels.so.
#pragma once

#include <filesystem>
#include <memory>

#include "kernels/fused_backend.h"
#include "nn/elementwise.h"

namespace kinema::nn {

// Beside the running program.
std::filesystem::path kernels_module();

// For the current GPU, which must have been made ready by tensor::gpu. Throws Error(kConfig) if
// `module` cannot be loaded.
std::unique_ptr<kernels::FusedKernels> fused_kernels(
    const std::filesystem::path& module = kernels_module());

// What is added to a stream is added by the kernel that norms it next.
std::unique_ptr<Elementwise> fused_elementwise(std::unique_ptr<kernels::FusedKernels> kernels);

enum class ElementwiseBy { kOperators, kFusedKernels };
std::unique_ptr<Elementwise> elementwise(ElementwiseBy by);

}  // namespace kinema::nn
