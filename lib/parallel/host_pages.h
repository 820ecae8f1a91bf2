// Host memory that a GPU's copy engines can read beside everything else, in pages.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::parallel {

// LibTorch rounds pinned memory up to a power of two, so that one piece of 17 GB would take 32: it
// is taken in pages of one.
constexpr int64_t kHostPage = 64 << 20;

// Bytes of host memory; pinned if `reader` is a GPU. Throws Error(kMemory) where the system
// refuses.
at::Tensor host_bytes(int64_t bytes, at::Device reader);

// `bytes` altogether, handed out from front to back in runs that end with their page.
class HostPages {
 public:
  HostPages(int64_t bytes, at::Device reader, int64_t page = kHostPage);
  // The next `bytes` (aligned; nothing beyond the total): one piece, or several in order.
  std::vector<at::Tensor> take(int64_t bytes);

 private:
  int64_t left_;  // that no page has yet
  at::Device reader_;
  int64_t page_;
  at::Tensor rest_;  // of the last page
};

}  // namespace kinema::parallel
