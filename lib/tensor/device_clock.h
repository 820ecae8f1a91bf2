// When a device reaches a point of its work, without waiting for it there.
#pragma once

#include <chrono>
#include <memory>

#include <ATen/core/Tensor.h>

namespace c10 {
struct Event;
}

namespace kinema::tensor {

// A point of a device's work: on the CPU a time, on a GPU an event of the current stream.
struct Mark {
  std::chrono::steady_clock::time_point host;
  std::shared_ptr<c10::Event> event;
};

class DeviceClock {
 public:
  // On a GPU waits until everything given to it is done.
  explicit DeviceClock(at::Device device);

  // After everything that has been given to the device so far.
  Mark mark() const;
  // When the device came there; the device must have, as after tensor::synchronize.
  std::chrono::steady_clock::time_point time(const Mark& mark) const;

 private:
  at::Device device_;
  Mark start_;
};

}  // namespace kinema::tensor
