// Order, reuse and errors of the ring of buffers, against a device that copies late or fails.
#include "weights/upload_ring.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "weights/late_device.h"

using namespace kinema;
using test::LateDevice;
using weights::RingShape;
using weights::UploadRing;

namespace {

// Pieces of one byte that say which they are.
UploadRing::Fill numbered(std::vector<int>& arrived, std::mutex& mutex) {
  return [&](int64_t index, const at::Tensor& buffer) {
    buffer[0] = index;
    return [&, index, buffer] {
      const std::lock_guard lock(mutex);
      arrived.push_back(buffer[0].item<int>() == index ? static_cast<int>(index) : -1);
    };
  };
}

}  // namespace

TEST_CASE("every piece is copied once, from a buffer that still holds it") {
  const int threads = GENERATE(1, 2, 5), buffers = GENERATE(1, 3, 8);
  CAPTURE(threads, buffers);
  LateDevice::Log log;
  std::vector<int> arrived;
  std::mutex mutex;
  {
    UploadRing ring(std::make_unique<LateDevice>(log),
                    {.threads = threads, .buffers = buffers, .buffer_bytes = 1});
    CHECK(ring.bytes() == std::max(threads, buffers));
    ring.upload(100, numbered(arrived, mutex));
    CHECK(log.given == 100);
    ring.upload(0, numbered(arrived, mutex));
    ring.upload(1, numbered(arrived, mutex));
  }
  CHECK(log.begun == 3);
  CHECK(log.waited == 101);
  CHECK(log.buffers <= std::max(threads, buffers));
  CHECK(log.most_pending <= std::max(threads, buffers));
  std::vector<int> want = {0};
  for (int i = 0; i < 100; ++i) want.push_back(i);
  std::sort(arrived.begin(), arrived.end());
  CHECK(arrived == want);
}

TEST_CASE("one thread fills the buffers in order and waits for the oldest") {
  LateDevice::Log log;
  std::vector<int> arrived;
  std::mutex mutex;
  UploadRing ring(std::make_unique<LateDevice>(log),
                  {.threads = 1, .buffers = 2, .buffer_bytes = 1});
  ring.upload(5, numbered(arrived, mutex));
  // The last two are still on their way.
  CHECK(arrived == std::vector<int>{0, 1, 2});
}

TEST_CASE("several threads fill at the same time") {
  LateDevice::Log log;
  UploadRing ring(std::make_unique<LateDevice>(log),
                  {.threads = 3, .buffers = 3, .buffer_bytes = 1});
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  std::set<std::thread::id> who;
  // Nobody leaves before all three are in.
  ring.upload(3, [&](int64_t, const at::Tensor&) {
    std::unique_lock lock(mutex);
    who.insert(std::this_thread::get_id());
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return inside == 3; });
    return [] {};
  });
  CHECK(who.size() == 3);
  CHECK(who.contains(std::this_thread::get_id()));
}

TEST_CASE("a failure ends an upload when nobody fills any more, and the ring goes on") {
  const int threads = GENERATE(1, 4);
  LateDevice::Log log;
  std::vector<int> arrived;
  std::mutex mutex;
  UploadRing ring(std::make_unique<LateDevice>(log),
                  {.threads = threads, .buffers = 4, .buffer_bytes = 1});
  std::atomic<int> inside = 0, begun = 0;
  CHECK_THROWS_WITH(ring.upload(1000,
                                [&](int64_t index, const at::Tensor&) -> std::function<void()> {
                                  ++inside, ++begun;
                                  if (index == 5) {
                                    --inside;
                                    throw std::runtime_error("piece 5");
                                  }
                                  --inside;
                                  return [] {};
                                }),
                    "piece 5");
  CHECK(inside == 0);
  CHECK(begun < 1000);
  ring.upload(20, numbered(arrived, mutex));
  CHECK(std::count(arrived.begin(), arrived.end(), -1) == 0);
}

TEST_CASE("a device that fails is told of once and does not keep the ring from going") {
  class Failing : public weights::UploadQueue {
   public:
    at::Tensor buffer(int64_t bytes) override { return at::full({bytes}, 0, at::kByte); }
    void begin() override {}
    Wait give(const std::function<void()>&) override {
      return [] { throw std::runtime_error("the device is gone"); };
    }
  };
  UploadRing ring(std::make_unique<Failing>(), {.threads = 1, .buffers = 2, .buffer_bytes = 1});
  const auto nothing = [](int64_t, const at::Tensor&) { return [] {}; };
  CHECK_NOTHROW(ring.upload(2, nothing));
  CHECK_THROWS_WITH(ring.upload(1, nothing), "the device is gone");
}

TEST_CASE("other threads fill in the mode of the caller") {
  const bool wanted = GENERATE(false, true);
  const c10::InferenceMode mode(wanted);
  LateDevice::Log log;
  UploadRing ring(std::make_unique<LateDevice>(log),
                  {.threads = 3, .buffers = 3, .buffer_bytes = 1});
  std::atomic<int> as_wanted = 0;
  ring.upload(30, [&](int64_t, const at::Tensor&) {
    as_wanted += c10::InferenceMode::is_enabled() == wanted ? 1 : 0;
    return [] {};
  });
  CHECK(as_wanted == 30);
}
