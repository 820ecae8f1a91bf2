// The schedule of a scripted device against closed formulas, and its rules for any table.
#include "plan/stream_simulation.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace kinema::plan;

namespace {

constexpr int64_t kPasses = 50;

StreamSchedule run(StreamShape shape, int64_t resident, const StreamTimes& times) {
  return simulate(shape, resident_blocks(shape.blocks, resident), kPasses,
                  StreamLatencies::constant(times));
}

// Uneven but repeatable.
StreamLatencies uneven() {
  return {[](int64_t n) { return 1.0 + 0.5 * static_cast<double>(n * 7 % 5); },
          [](int64_t n) { return 0.5 + 0.25 * static_cast<double>(n * 11 % 7); }};
}

}  // namespace

TEST_CASE("what a pass waits for agrees with the formula, and says what a third slot is worth") {
  const StreamTimes slow{.compute = 1.09e-3, .fetch = 1.93e-3};
  StreamShape shape{.blocks = 48, .block_bytes = 1, .ranks = 8, .slots = 2};
  CHECK(waiting_seconds(shape, 0, slow) == Approx(exposed_seconds(shape, 0, slow)));
  CHECK(waiting_seconds(shape, 48, slow) == 0);
  CHECK(waiting_seconds(shape, 0, {.compute = 2, .fetch = 1}) == Approx(0).margin(1e-9));
  // Blocks that stay between those that come leave the one free slot empty at times.
  const int64_t enough = blocks_to_hide_all(shape, slow);
  CHECK(waiting_seconds(shape, enough, slow) > 1e-4);
  shape.slots = 3;
  CHECK(waiting_seconds(shape, enough, slow) == Approx(0).margin(1e-9));
}

TEST_CASE("what waits is what the closed formula says") {
  for (int64_t blocks : {1, 2, 5, 48, 54}) {
    for (int64_t slots : {1, 2, 3}) {
      for (double fetch : {0.25, 1.0, 1.5, 4.0}) {
        const StreamShape shape{.blocks = blocks, .slots = slots};
        const StreamTimes times{.compute = 1, .fetch = fetch};
        const auto schedule = run(shape, 0, times);
        const double formula = exposed_seconds(shape, 0, times) * kPasses;
        INFO(blocks << " blocks, " << slots << " slots, a fetch of " << fetch);
        // The first block has nothing to hide behind.
        CHECK(schedule.exposed >= formula - 1e-9);
        CHECK(schedule.exposed <= formula + fetch + 1);
        CHECK(schedule.seconds() ==
              Approx(static_cast<double>(blocks * kPasses) + schedule.exposed));
      }
    }
  }
}

TEST_CASE("evenly spread resident blocks hide the others from the predicted number on") {
  // LTX-2, 512x768x121 on 8 ranks that share the tokens too.
  const StreamTimes times{.compute = 1.09e-3, .fetch = 1.93e-3};
  const StreamShape shape{.blocks = 48};
  const int64_t enough = blocks_to_hide_all(shape, times);
  for (int64_t resident = 0; resident < 48; ++resident) {
    const auto schedule = run(shape, resident, times);
    const double formula = exposed_seconds(shape, resident, times) * kPasses;
    INFO(resident << " resident");
    CHECK(schedule.fetches.size() == static_cast<size_t>((48 - resident) * kPasses));
    CHECK(schedule.exposed >= formula - 1e-9);
    // Beside the first fetch, a rest of less than one fetch each pass where spacing is uneven.
    CHECK(schedule.exposed <= formula + times.fetch * (1 + kPasses));
    if (resident > enough + 4) CHECK(schedule.overlap() > 0.97);
  }
  CHECK(run(shape, 48, times).fetches.empty());
  CHECK(run(shape, 48, times).overlap() == 1);
}

TEST_CASE("slots are reused in order, whatever the latencies") {
  for (int64_t blocks : {1, 3, 4, 7}) {
    for (int64_t slots : {1, 2, 3}) {
      for (int64_t resident : {0, 1, 2}) {
        if (resident >= blocks) continue;
        const StreamShape shape{.blocks = blocks, .slots = slots};
        const auto stay = resident_blocks(blocks, resident);
        const auto schedule = simulate(shape, stay, 6, uneven());
        std::vector<Span> streamed;
        for (size_t i = 0; i < schedule.blocks.size(); ++i) {
          if (!std::binary_search(stay.begin(), stay.end(), static_cast<int64_t>(i) % blocks))
            streamed.push_back(schedule.blocks[i]);
        }
        REQUIRE(streamed.size() == schedule.fetches.size());
        for (size_t n = 0; n < streamed.size(); ++n) {
          const auto& fetch = schedule.fetches[n];
          CHECK(streamed[n].begin >= fetch.end);  // a block computes with weights that are there
          if (n > 0) CHECK(fetch.begin >= schedule.fetches[n - 1].end);
          const auto before = static_cast<int64_t>(n) - slots;
          if (before >= 0) CHECK(fetch.begin >= streamed[static_cast<size_t>(before)].end);
        }
      }
    }
  }
}

TEST_CASE("the first block of a pass is fetched while the last of the pass before computes") {
  const auto schedule = run({.blocks = 3, .slots = 2}, 0, {.compute = 2, .fetch = 1});
  for (size_t pass = 1; pass < 4; ++pass) {
    const auto& fetch = schedule.fetches[pass * 3];
    const auto& last = schedule.blocks[pass * 3 - 1];
    CHECK(fetch.begin >= last.begin);
    CHECK(fetch.end <= last.end);
  }
  CHECK(schedule.exposed == 1);  // the very first
}

TEST_CASE("a third slot rides out a slow fetch") {
  // Every fourth fetch takes three times as long; on average all of them would hide.
  const StreamLatencies jitter{[](int64_t n) { return n % 4 == 3 ? 1.8 : 0.6; },
                               [](int64_t) { return 1.0; }};
  const auto with = [&](int64_t slots) {
    return simulate({.blocks = 12, .slots = slots}, {}, 20, jitter).exposed;
  };
  CHECK(with(2) > 10);
  CHECK(with(3) < with(2) / 5);
}
