// Frames arrive in order, the queue is bounded, errors come back.
#include "media/frame_worker.h"

#include <atomic>
#include <stdexcept>

#include <catch2/catch.hpp>

using kinema::media::FrameBytes;
using kinema::media::FrameWorker;

TEST_CASE("every frame is worked on once and in order") {
  std::vector<uint8_t> seen;
  FrameWorker worker(2, [&](const FrameBytes& frame) { seen.push_back(frame[0]); });
  for (uint8_t i = 0; i < 50; ++i) worker.push({i});
  worker.finish();
  REQUIRE(seen.size() == 50);
  for (uint8_t i = 0; i < 50; ++i) CHECK(seen[i] == i);
}

TEST_CASE("no more frames wait than the queue holds") {
  std::atomic<int> begun = 0, pushed = 0, farthest = 0;
  FrameWorker worker(3, [&](const FrameBytes&) {
    ++begun;
    farthest = std::max(farthest.load(), pushed - begun);
  });
  for (int i = 0; i < 200; ++i) {
    worker.push({0});
    ++pushed;
  }
  worker.finish();
  CHECK(begun == 200);
  CHECK(farthest <= 3);
}

TEST_CASE("an error ends the work and comes back to who pushes or finishes") {
  int worked = 0;
  FrameWorker worker(2, [&](const FrameBytes& frame) {
    ++worked;
    if (frame[0] == 3) throw std::runtime_error("disk full");
  });
  auto push_many = [&] {
    for (uint8_t i = 0; i < 100; ++i) worker.push({i});
  };
  CHECK_THROWS_WITH(push_many(), "disk full");
  CHECK_THROWS_WITH(worker.finish(), "disk full");
  CHECK(worked == 4);
}

TEST_CASE("without finish what waits is dropped") {
  std::atomic<int> worked = 0;
  {
    FrameWorker worker(8, [&](const FrameBytes&) { ++worked; });
    for (int i = 0; i < 4; ++i) worker.push({0});
  }
  CHECK(worked <= 4);
}
