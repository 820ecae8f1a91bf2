// The streamer's own code on a scripted device goes by as the planner's simulation says, to the
// nanosecond: order, slots, prefetch from pass to pass, and what is measured.
#include "parallel/device_lane.h"

#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "parallel/block_streamer.h"
#include "parallel/fake_lane.h"
#include "plan/stream_simulation.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::FakeDevice;
using kinema::test::FakeHome;
using kinema::test::FakeLane;
using kinema::test::Host;

namespace {

constexpr double kNanosecond = 2e-9;

StreamUnits units(int64_t blocks, const std::vector<int64_t>& resident) {
  std::vector<StreamUnit> made;
  for (int64_t i = 0; i < blocks; ++i) {
    if (std::binary_search(resident.begin(), resident.end(), i)) continue;
    auto& unit = made.emplace_back();
    unit.block = i;
    unit.layout.add("w", {4}, at::kByte);
    unit.handles.push_back(unbound_parameter({4}, at::kByte));
  }
  return std::make_shared<const std::vector<StreamUnit>>(std::move(made));
}

// One rank: blocks are entered and left as a model does, and compute as long as the table says.
struct Rank {
  Rank(const plan::StreamShape& shape,
       const std::vector<int64_t>& resident,
       int64_t passes,
       const plan::StreamLatencies& latencies,
       Host host = Host::kFree)
      : resident(resident),
        all(units(shape.blocks, resident)),
        streamer(all,
                 std::make_unique<FakeHome>(device, latencies.fetch, host),
                 at::kCPU,
                 static_cast<int>(shape.slots),
                 passes,
                 std::make_unique<FakeLane>(device, 2 * static_cast<size_t>(shape.slots))) {
    for (int64_t visit = 0; visit < passes * shape.blocks; ++visit)
      use(visit % shape.blocks, latencies.compute(visit));
  }

  void use(int64_t block, double seconds) {
    const bool stays = std::binary_search(resident.begin(), resident.end(), block);
    if (!stays) {
      streamer.enter(block);
      right = right && is_there(block);
    }
    const double begin = device->computing;
    device->computing += seconds;
    blocks.push_back({begin, device->computing});
    if (!stays) streamer.leave(block);
  }
  // Whether the block's parameter holds what the home has put there for it.
  bool is_there(int64_t block) const {
    for (size_t i = 0; i < all->size(); ++i) {
      const auto& unit = (*all)[i];
      if (unit.block == block) return unit.handles[0].const_data_ptr<uint8_t>()[3] == i + 1;
    }
    return false;
  }

  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  std::vector<int64_t> resident;
  StreamUnits all;
  BlockStreamer streamer;
  std::vector<plan::Span> blocks;
  bool right = true;  // each block found its own weights
};

double seconds(DeviceLane::Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Units that are read one by one, each when it is wanted, and then stay.
class ReadHome : public FakeHome {
 public:
  ReadHome(std::shared_ptr<FakeDevice> device,
           std::function<double(int64_t)> seconds,
           std::vector<std::string>& log)
      : FakeHome(device, std::move(seconds)), device_(std::move(device)), log_(log) {}

  bool is_there(size_t index) const override { return index < read_; }
  void await(size_t index) override {
    if (is_there(index)) return;
    read_ = index + 1;
    held_back_ = held_back_ || device_->fetching > fetched_;
    log_.push_back("await " + std::to_string(index));
  }
  void fetch(size_t index, at::Tensor& slot) override {
    FakeHome::fetch(index, slot);
    fetched_ = device_->fetching;
    log_.push_back("fetch " + std::to_string(index));
  }
  // Whether the queue had to wait for computing before a unit was awaited.
  bool held_back() const { return held_back_; }

 private:
  std::shared_ptr<FakeDevice> device_;
  std::vector<std::string>& log_;
  size_t read_ = 0;
  double fetched_ = 0;
  bool held_back_ = false;
};

// Latencies that repeat after a few entries; multiples of a millisecond.
std::function<double(int64_t)> table(std::vector<double> milliseconds) {
  return [entries = std::move(milliseconds)](int64_t n) {
    return entries[static_cast<size_t>(n) % entries.size()] * 1e-3;
  };
}

void check_schedule(Rank& rank, const plan::StreamSchedule& want) {
  CHECK(rank.right);
  REQUIRE(rank.blocks.size() == want.blocks.size());
  for (size_t i = 0; i < want.blocks.size(); ++i) {
    CHECK(rank.blocks[i].begin == Approx(want.blocks[i].begin).margin(kNanosecond));
    CHECK(rank.blocks[i].end == Approx(want.blocks[i].end).margin(kNanosecond));
  }
  size_t fetches = 0;
  double exposed = 0;
  for (const auto& event : rank.streamer.take_events()) {
    if (event.kind == StreamEvent::Kind::kWait) {
      exposed += seconds(event.end) - seconds(event.begin);
      continue;
    }
    REQUIRE(fetches < want.fetches.size());
    CHECK(seconds(event.begin) == Approx(want.fetches[fetches].begin).margin(kNanosecond));
    CHECK(seconds(event.end) == Approx(want.fetches[fetches].end).margin(kNanosecond));
    CHECK(event.block == (*rank.all)[fetches % rank.all->size()].block);
    ++fetches;
  }
  CHECK(fetches == want.fetches.size());
  CHECK(exposed == Approx(want.exposed).margin(1e3 * kNanosecond));
}

}  // namespace

TEST_CASE("blocks go by on a device as the simulation says") {
  // More slots than blocks, blocks that the slots do not divide, and one block alone among them.
  const int64_t blocks = GENERATE(1, 2, 5, 6, 7);
  const int64_t slots = GENERATE(1, 2, 3, 9);
  const auto fetch = GENERATE(table({1}), table({4}), table({1, 7, 2, 3}));
  const auto compute = GENERATE(table({3}), table({2, 5, 1}));
  // A thread that gives the device its fetches changes nothing on the device.
  const auto host = GENERATE(Host::kFree, Host::kKept);
  const plan::StreamShape shape{.blocks = blocks, .block_bytes = 4, .slots = slots};
  const plan::StreamLatencies latencies{fetch, compute};
  constexpr int64_t kPasses = 3;
  Rank rank(shape, {}, kPasses, latencies, host);
  check_schedule(rank, plan::simulate(shape, {}, kPasses, latencies));
  CHECK(rank.streamer.counts().fetches == blocks * kPasses);
}

TEST_CASE("blocks that stay give the others time on a device too") {
  const int64_t resident = GENERATE(1, 3, 5);
  const plan::StreamShape shape{.blocks = 7, .block_bytes = 4, .slots = 2};
  const plan::StreamLatencies latencies{table({4, 6}), table({3})};
  const auto stays = plan::resident_blocks(shape.blocks, resident);
  Rank rank(shape, stays, 4, latencies);
  check_schedule(rank, plan::simulate(shape, stays, 4, latencies));
}

TEST_CASE("copies of a shard group go by each in their own time") {
  const plan::StreamShape shape{.blocks = 5, .block_bytes = 4, .slots = 2};
  const plan::StreamLatencies quick{table({1}), table({3})}, slow{table({4}), table({3})};
  Rank one(shape, {}, 3, quick), other(shape, {}, 3, slow);
  check_schedule(one, plan::simulate(shape, {}, 3, quick));
  check_schedule(other, plan::simulate(shape, {}, 3, slow));
  CHECK(one.device->computing < other.device->computing);
}

TEST_CASE("a device's fetches begin before the first step and stop after the last") {
  const auto device = std::make_shared<FakeDevice>();
  const auto all = units(3, {});
  BlockStreamer streamer(all, std::make_unique<FakeHome>(device, table({2})), at::kCPU, 2, 1,
                         std::make_unique<FakeLane>(device, 4));
  CHECK(streamer.counts().fetches == 2);
  streamer.pass_by();
  CHECK(streamer.counts().fetches == 3);
  CHECK_THROWS_WITH(streamer.enter(0), Catch::Matchers::Contains("once too often"));
  streamer.more(2);
  CHECK(streamer.counts().fetches == 5);  // before the first block of the next step
  streamer.pass_by();
  streamer.pass_by();
  CHECK(streamer.counts().fetches == 9);
  CHECK(streamer.take_events().size() >= 9);
  CHECK(streamer.take_events().empty());
}

TEST_CASE(
    "while units are read, each is awaited by who needs it, and nothing waits for computing") {
  const auto device = std::make_shared<FakeDevice>();
  std::vector<std::string> log;
  auto home = std::make_unique<ReadHome>(device, table({1}), log);
  const auto& seen = *home;
  BlockStreamer streamer(units(3, {}), std::move(home), at::kCPU, 2, 2,
                         std::make_unique<FakeLane>(device, 4));
  for (int64_t visit = 0; visit < 6; ++visit) {
    const auto block = std::to_string(visit % 3);
    streamer.enter(visit % 3);
    log.push_back("compute " + block);
    device->computing += 1;
    streamer.leave(visit % 3);
  }
  const std::vector<std::string> want = {"await 0",   "fetch 0",   "compute 0", "await 1",
                                         "fetch 1",   "compute 1", "await 2",   "fetch 2",
                                         "compute 2", "fetch 0",   "fetch 1",   "compute 0",
                                         "fetch 2",   "compute 1", "compute 2"};
  CHECK(log == want);
  CHECK_FALSE(seen.held_back());
}

TEST_CASE("what a device refuses comes out of the block that needs it") {
  const auto device = std::make_shared<FakeDevice>();
  const auto refuse = [](int64_t n) {
    if (n == 2) throw Error(ErrorKind::kComm, "weights all_gather #3: lost");
    return 1e-3;
  };
  BlockStreamer streamer(units(4, {}), std::make_unique<FakeHome>(device, refuse), at::kCPU, 2, 1,
                         std::make_unique<FakeLane>(device, 4));
  streamer.enter(0);
  CHECK_NOTHROW(streamer.leave(0));
  streamer.enter(1);
  streamer.leave(1);
  CHECK_THROWS_WITH(streamer.enter(2), "weights all_gather #3: lost");
}

TEST_CASE("the processor needs no points") {
  const auto lane = lane_of(at::kCPU, 4);
  bool done = false;
  lane->hold_back(Queue::kFetch, 0);
  const auto begin = lane->mark(Queue::kFetch);
  lane->fetch([&] { done = true; });
  lane->record(0, Queue::kFetch);
  CHECK(done);
  const auto [from, to] = lane->interval(begin, lane->mark(Queue::kFetch));
  CHECK(from <= to);
}
