// When a device reaches a point of its work, without waiting for it there.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

namespace c10 {
struct Event;
}

namespace kinema::tensor {

// A point of a device's work: on the CPU a time, on a GPU an event of a stream.
struct Mark {
  std::chrono::steady_clock::time_point host;
  std::shared_ptr<c10::Event> event;
};

class DeviceClock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // On a GPU waits until everything given to it is done.
  explicit DeviceClock(at::Device device);

  // After everything that has been given to the device so far, in the current stream or in another.
  Mark mark() const;
  Mark mark(const c10::Stream& stream) const;
  // Whether the device has come there; asks without waiting.
  bool passed(const Mark& mark) const;
  // When the device came there; the device must have, as after tensor::synchronize. The distance of
  // the two is as exact as the device tells it, their places in time less so after hours.
  std::pair<Time, Time> interval(const Mark& begin, const Mark& end) const;

 private:
  at::Device device_;
  Mark start_;
};

}  // namespace kinema::tensor
