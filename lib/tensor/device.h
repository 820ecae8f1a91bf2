// GPUs through LibTorch's device-independent interfaces: nothing of CUDA is linked, and nothing of
// it is loaded unless a GPU is asked for.
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// The number of GPUs the driver shows this process, 0 without a driver. Asks the driver's library
// alone; a process that forks afterwards must not have asked.
int gpu_count();

// What tells GPU `index` from every other one, also of other machines and under another number
// there. Throws Error(kConfig) if there is no such GPU.
std::string gpu_identity(int index);

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

// All memory of a GPU in bytes; 0 for the CPU.
uint64_t device_memory(at::Device device);

// Gives memory that no tensor uses back to the device, and pinned host memory to the system.
void release_unused_memory(at::Device device);
// The latter alone.
void release_unused_host_memory(at::Device device);

// Waits until everything given to the device is done.
void synchronize(at::Device device);

}  // namespace kinema::tensor
