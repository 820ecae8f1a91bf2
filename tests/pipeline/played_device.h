// A GPU played by LibTorch's meta device, which has shapes and no values: every operation is looked
// at on its way, so that a run shows where a tensor was left on the host or made there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::test {

// While it lives, operations of this thread are looked at. Copies between the host and the played
// device are allowed; what is read from the device is zeros, and a value read from it is 1. One at
// a time.
class PlayedDevice {
 public:
  PlayedDevice();
  ~PlayedDevice();
  PlayedDevice(const PlayedDevice&) = delete;
  PlayedDevice& operator=(const PlayedDevice&) = delete;

  static at::Device device() { return at::kMeta; }

  // Operations that were given tensors of both sides, by name.
  const std::vector<std::string>& mixed() const;
  // Operations on the played device, and values read from it one by one.
  int64_t operations() const;
  int64_t values_read() const;
  // Operations for which the host of a GPU would wait until it has done its work: values read, what
  // is copied to or from pageable memory without leave to go on, sizes that depend on values.
  const std::vector<std::string>& waits() const;
};

}  // namespace kinema::test
