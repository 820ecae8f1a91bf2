// Which of LibTorch's attention kernels a GPU should rather use.
#pragma once

#include <cstdint>
#include <vector>

namespace kinema::tensor {

// A GPU's generation: 8.0 for an A100, 9.0 for an H200.
struct ComputeCapability {
  int major = 0, minor = 0;
};

// LibTorch's kernels (at::SDPBackend), the first that takes a shape is used: cuDNN's from 9.0 on,
// which is written for these, FlashAttention before. Scores in full come last.
std::vector<int64_t> attention_order(const ComputeCapability& capability);

}  // namespace kinema::tensor
