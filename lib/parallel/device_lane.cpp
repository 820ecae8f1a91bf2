// Streams and events through LibTorch's device-independent interface.
#include "parallel/device_lane.h"

#include <vector>

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace kinema::parallel {
namespace {

class HostLane : public DeviceLane {
 public:
  void fetch(const std::function<void()>& work) override { work(); }
  void record(size_t, Queue) override {}
  void hold_back(Queue, size_t) override {}
  tensor::Mark mark(Queue) override { return {std::chrono::steady_clock::now(), nullptr}; }
  bool passed(const tensor::Mark&) const override { return true; }
  Interval interval(const tensor::Mark& begin, const tensor::Mark& end) const override {
    return {begin.host, end.host};
  }
};

class StreamLane : public DeviceLane {
 public:
  StreamLane(at::Device device, size_t points)
      : device_(device),
        guard_(device.type()),
        clock_(device),
        computing_(guard_.getStream(device)),
        fetching_(guard_.getStreamFromGlobalPool(device, /*isHighPriority=*/true)) {
    points_.reserve(points);
    for (size_t i = 0; i < points; ++i) points_.emplace_back(device.type());
  }

  void fetch(const std::function<void()>& work) override {
    const Beside beside(guard_, device_, fetching_);
    work();
  }
  void record(size_t point, Queue queue) override { points_.at(point).record(stream(queue)); }
  void hold_back(Queue queue, size_t point) override { points_.at(point).block(stream(queue)); }
  tensor::Mark mark(Queue queue) override { return clock_.mark(stream(queue)); }
  bool passed(const tensor::Mark& mark) const override { return clock_.passed(mark); }
  Interval interval(const tensor::Mark& begin, const tensor::Mark& end) const override {
    return clock_.interval(begin, end);
  }

 private:
  // Device and stream are each thread's own.
  class Beside {
   public:
    Beside(const c10::impl::VirtualGuardImpl& guard, at::Device device, c10::Stream stream)
        : guard_(guard),
          device_(guard.exchangeDevice(device)),
          stream_(guard.exchangeStream(stream)) {}
    ~Beside() {
      guard_.exchangeStream(stream_);
      guard_.uncheckedSetDevice(device_);
    }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

   private:
    const c10::impl::VirtualGuardImpl& guard_;
    at::Device device_;
    c10::Stream stream_;
  };

  c10::Stream stream(Queue queue) const {
    return queue == Queue::kCompute ? computing_ : fetching_;
  }

  at::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  tensor::DeviceClock clock_;
  c10::Stream computing_, fetching_;
  std::vector<c10::Event> points_;
};

}  // namespace

std::unique_ptr<DeviceLane> lane_of(at::Device device, size_t points) {
  if (device.is_cpu()) return std::make_unique<HostLane>();
  return std::make_unique<StreamLane>(device, points);
}

}  // namespace kinema::parallel
