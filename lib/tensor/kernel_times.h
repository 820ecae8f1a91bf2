// How long a device's kernels take, as LibTorch's profiler counts them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// All runs of one kernel, or on the CPU of one operator with everything that it calls.
struct KernelTime {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;
};

// Counts from its making on what the calling thread gives the device. Costs time of its own. One at
// a time in a process.
class KernelTimes {
 public:
  explicit KernelTimes(at::Device device);
  ~KernelTimes();
  KernelTimes(const KernelTimes&) = delete;
  KernelTimes& operator=(const KernelTimes&) = delete;

  // Ends the count: the longest first, at most `most`. Waits for the device.
  std::vector<KernelTime> take(size_t most);

 private:
  at::Device device_;
  bool counts_ = true;
};

}  // namespace kinema::tensor
