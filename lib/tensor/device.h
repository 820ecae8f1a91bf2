// GPUs through LibTorch's device-independent interfaces: nothing of CUDA is linked, and nothing of
// it is loaded unless a GPU is asked for.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// Whether the driver is there and shows at least one GPU. Asks the driver's library alone.
bool has_gpu();

// Loads LibTorch's CUDA library and makes GPU `index` (of the visible ones) current. float32 work
// keeps float32 precision there. Throws Error(kConfig) if there is no driver, no such GPU, or a
// LibTorch without CUDA.
at::Device gpu(int index);

// Bytes on a GPU at their highest since reset_memory_peaks; zeros for the CPU.
struct MemoryPeaks {
  uint64_t allocated = 0;    // in tensors
  uint64_t reserved = 0;     // held by LibTorch's allocator
  uint64_t device_used = 0;  // now, by every process
};
MemoryPeaks memory_peaks(at::Device device);
void reset_memory_peaks(at::Device device);

// Gives memory that no tensor uses back to the device.
void release_unused_memory(at::Device device);

// Waits until everything given to the device is done.
void synchronize(at::Device device);

}  // namespace kinema::tensor
