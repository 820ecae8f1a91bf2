// The device as streaming sees it: a queue that computes, and one beside it that fetches.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <ATen/core/Tensor.h>

#include "tensor/device_clock.h"

namespace kinema::parallel {

enum class Queue { kCompute, kFetch };

// What the streamer asks of a device. Nothing here keeps the host waiting. The computing queue is
// that of the thread that made the lane, which alone may name it; the fetching queue is named by
// one thread at a time.
class DeviceLane {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Interval = std::pair<Time, Time>;

  virtual ~DeviceLane() = default;
  // Runs `work` now; what it gives to the device goes to the fetching queue.
  virtual void fetch(const std::function<void()>& work) = 0;
  // Point `point` (a number below the lane's count) is where `queue` is now; replaces the former.
  virtual void record(size_t point, Queue queue) = 0;
  // What `queue` is given from now on comes after the point, if it has been recorded.
  virtual void hold_back(Queue queue, size_t point) = 0;
  // Where `queue` is now, to be asked for its time later.
  virtual tensor::Mark mark(Queue queue) = 0;
  // Whether the device has come to the mark; asks without waiting.
  virtual bool passed(const tensor::Mark& mark) const = 0;
  // When the device was at two marks of a queue, both of which it must have passed.
  virtual Interval interval(const tensor::Mark& begin, const tensor::Mark& end) const = 0;
};

// The lane of `device` with so many points. On a GPU the queues are the current stream and one of
// high priority of its own. The CPU has no queues: whoever calls does the work, and points are
// always behind.
std::unique_ptr<DeviceLane> lane_of(at::Device device, size_t points);

}  // namespace kinema::parallel
