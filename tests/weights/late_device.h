// A played device that copies late: a buffer that is used again too early would show.
#pragma once

#include <algorithm>
#include <functional>
#include <mutex>

#include <ATen/ops/full.h>

#include "weights/upload_ring.h"

namespace kinema::test {

// Does nothing of what it is given before somebody waits for it.
class LateDevice : public weights::UploadQueue {
 public:
  struct Log {
    int64_t buffers = 0, given = 0, waited = 0, begun = 0, pending = 0, most_pending = 0;
  };
  explicit LateDevice(Log& log) : log_(log) {}

  at::Tensor buffer(int64_t bytes) override {
    const std::lock_guard lock(mutex_);
    ++log_.buffers;
    return at::full({bytes}, 0xEE, at::kByte);
  }
  void begin() override { ++log_.begun; }
  Wait give(const std::function<void()>& work) override {
    const std::lock_guard lock(mutex_);
    ++log_.given;
    log_.most_pending = std::max(log_.most_pending, ++log_.pending);
    return [this, work] {
      work();
      const std::lock_guard lock(mutex_);
      ++log_.waited;
      --log_.pending;
    };
  }

 private:
  Log& log_;
  std::mutex mutex_;
};

}  // namespace kinema::test
