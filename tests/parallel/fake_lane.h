// A device without a device: two queues with clocks of their own, driven by tables of latencies.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "parallel/block_home.h"
#include "parallel/device_lane.h"

namespace kinema::test {

// Seconds since the device began, of each queue: when it will have done all that it was given.
struct FakeDevice {
  double computing = 0, fetching = 0;
  double& of(parallel::Queue queue) {
    return queue == parallel::Queue::kCompute ? computing : fetching;
  }
};

// Points and marks as a device has them: given in order, passed when the queue comes there.
class FakeLane : public parallel::DeviceLane {
 public:
  FakeLane(std::shared_ptr<FakeDevice> device, size_t points)
      : device_(std::move(device)), points_(points) {}

  void fetch(const std::function<void()>& work) override { work(); }
  void record(size_t point, parallel::Queue queue) override {
    points_.at(point) = device_->of(queue);
  }
  void hold_back(parallel::Queue queue, size_t point) override {
    auto& now = device_->of(queue);
    now = std::max(now, points_.at(point).value_or(0));
  }
  tensor::Mark mark(parallel::Queue queue) override {
    const std::chrono::duration<double> since(device_->of(queue));
    return {Time() + std::chrono::duration_cast<Time::duration>(since), nullptr};
  }
  // As if the host were asked when the device has caught up with it.
  bool passed(const tensor::Mark&) const override { return caught_up; }
  bool caught_up = true;
  Interval interval(const tensor::Mark& begin, const tensor::Mark& end) const override {
    return {begin.host, end.host};
  }

 private:
  std::shared_ptr<FakeDevice> device_;
  std::vector<std::optional<double>> points_;
};

// Whether a home's fetches are given to the device at once or want a thread of the host.
enum class Host { kFree, kKept };

// Fetch n takes the device as long as the table says.
class FakeHome : public parallel::BlockHome {
 public:
  FakeHome(std::shared_ptr<FakeDevice> device,
           std::function<double(int64_t)> seconds,
           Host host = Host::kFree)
      : device_(std::move(device)), seconds_(std::move(seconds)), host_(host) {}

  void fetch(size_t index, at::Tensor& slot) override {
    device_->fetching += seconds_(count_++);
    slot.fill_(static_cast<int64_t>(index) + 1);
  }
  bool keeps_host() const override { return host_ == Host::kKept; }
  int64_t slot_bytes() const override { return parallel::kFlatAlignment; }
  int64_t resident_bytes() const override { return 0; }
  uint64_t bytes_read() const override { return 0; }
  std::string text() const override { return "a table"; }

 private:
  std::shared_ptr<FakeDevice> device_;
  std::function<double(int64_t)> seconds_;
  Host host_;
  int64_t count_ = 0;
};

}  // namespace kinema::test
