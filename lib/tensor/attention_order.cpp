// Published measurements of both kernels on H100: cuDNN about 600, FlashAttention 2 about 370
// TFLOP/s.
#include "tensor/attention_order.h"

#include <utility>

#include <ATen/SDPBackend.h>

namespace kinema::tensor {

std::vector<int64_t> attention_order(const ComputeCapability& capability) {
  using at::SDPBackend;
  auto first = SDPBackend::flash_attention, second = SDPBackend::cudnn_attention;
  if (capability.major >= 9) std::swap(first, second);
  std::vector<int64_t> order;
  for (const auto backend : {first, second, SDPBackend::efficient_attention, SDPBackend::math,
                             SDPBackend::overrideable}) {
    order.push_back(static_cast<int64_t>(backend));
  }
  return order;
}

}  // namespace kinema::tensor
