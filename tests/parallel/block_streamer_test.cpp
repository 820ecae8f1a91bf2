// The order of fetches and blocks, with a home that fetches as slowly as a table says.
#include "parallel/block_streamer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "parallel/stream_unit.h"

using namespace kinema;
using namespace kinema::parallel;

namespace {

// What has happened, for both threads.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> milliseconds = {0};  // of fetch k: entry k mod size
  int64_t fail_at = -1;                 // the fetch that throws
  int64_t block_at = -1;                // the fetch that does not end before `released`
  bool released = false;
  std::vector<size_t> begun;  // units, in the order of their fetches
  int64_t left = 0;           // blocks that have been left
  int64_t slots = 0;
  bool too_early = false;  // a fetch went into a slot that was in use

  bool wait_for(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), holds);
  }
  bool wait_for_fetches(size_t count) {
    return wait_for([&] { return begun.size() >= count; });
  }
};

// Writes the unit's number into the slot.
class ScriptedHome : public BlockHome {
 public:
  explicit ScriptedHome(std::shared_ptr<Script> script) : script_(std::move(script)) {}

  void fetch(size_t index, at::Tensor& slot) override {
    int64_t job = 0;
    {
      std::unique_lock lock(script_->mutex);
      job = static_cast<int64_t>(script_->begun.size());
      script_->begun.push_back(index);
      if (job >= script_->left + script_->slots) script_->too_early = true;
      script_->changed.notify_all();
      if (job == script_->block_at) script_->changed.wait(lock, [&] { return script_->released; });
    }
    if (job == script_->fail_at) throw Error(ErrorKind::kComm, "weights all_gather #4: lost");
    const auto& table = script_->milliseconds;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(table[static_cast<size_t>(job) % table.size()]));
    slot.fill_(static_cast<int64_t>(index) + 1);
  }
  bool keeps_host() const override { return true; }
  int64_t slot_bytes() const override { return kFlatAlignment; }
  int64_t resident_bytes() const override { return 0; }
  uint64_t bytes_read() const override { return 0; }
  std::string text() const override { return "a table"; }

 private:
  std::shared_ptr<Script> script_;
};

// Ranks of a shard group: a fetch ends when all of them have begun it, as an all-gather does.
struct ShardGroup {
  explicit ShardGroup(int ranks) : ranks(ranks) {}

  // False if the others did not come in time.
  bool gather(size_t unit) {
    std::unique_lock lock(mutex);
    const size_t number = arrived / static_cast<size_t>(ranks);
    if (units.size() <= number) units.push_back(unit);
    if (units[number] != unit) mixed_up = true;
    ++arrived;
    changed.notify_all();
    return changed.wait_for(lock, std::chrono::seconds(20),
                            [&] { return arrived >= (number + 1) * static_cast<size_t>(ranks); });
  }

  int ranks;
  std::mutex mutex;
  std::condition_variable changed;
  size_t arrived = 0;
  std::vector<size_t> units;  // in the order of their gathers
  bool mixed_up = false;      // ranks gathered different units at the same time
};

class GroupHome : public BlockHome {
 public:
  explicit GroupHome(std::shared_ptr<ShardGroup> group) : group_(std::move(group)) {}
  void fetch(size_t index, at::Tensor& slot) override {
    if (!group_->gather(index)) throw Error(ErrorKind::kComm, "alone");
    slot.fill_(static_cast<int64_t>(index) + 1);
  }
  bool keeps_host() const override { return true; }
  int64_t slot_bytes() const override { return kFlatAlignment; }
  int64_t resident_bytes() const override { return 0; }
  uint64_t bytes_read() const override { return 0; }
  std::string text() const override { return "a group"; }

 private:
  std::shared_ptr<ShardGroup> group_;
};

// Units with one parameter of bytes each.
StreamUnits units(int64_t count) {
  std::vector<StreamUnit> made(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    auto& unit = made[static_cast<size_t>(i)];
    unit.block = i;
    unit.layout.add("w", {4}, at::kByte);
    unit.handles.push_back(unbound_parameter({4}, at::kByte));
  }
  return std::make_shared<const std::vector<StreamUnit>>(std::move(made));
}

struct Run {
  Run(int64_t blocks, int slots, int64_t passes, std::vector<int> milliseconds = {0})
      : script(std::make_shared<Script>()), all(units(blocks)), slots(slots), passes(passes) {
    script->milliseconds = std::move(milliseconds);
    script->slots = slots;
  }
  std::unique_ptr<BlockStreamer> streamer() const {
    return std::make_unique<BlockStreamer>(all, std::make_unique<ScriptedHome>(script), at::kCPU,
                                           slots, passes);
  }
  // What the block's parameter holds while it is used.
  int use(BlockStreamer& streamer, int64_t block) const {
    streamer.enter(block);
    const int seen = (*all)[static_cast<size_t>(block)].handles[0].const_data_ptr<uint8_t>()[3];
    {
      const std::lock_guard lock(script->mutex);
      ++script->left;
    }
    streamer.leave(block);
    return seen;
  }

  std::shared_ptr<Script> script;
  StreamUnits all;
  int slots;
  int64_t passes;
};

}  // namespace

TEST_CASE("every block is fetched once a pass, in order, into a slot that is free") {
  const int64_t blocks = GENERATE(1, 4, 5);
  const int slots = GENERATE(1, 2, 3);
  const auto table = GENERATE(std::vector<int>{0}, std::vector<int>{3, 0, 0}, std::vector<int>{2});
  Run run(blocks, slots, 3, table);
  auto streamer = run.streamer();
  for (int64_t pass = 0; pass < 3; ++pass) {
    for (int64_t block = 0; block < blocks; ++block) {
      CHECK(run.use(*streamer, block) == block + 1);
      if (block % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  const auto counts = streamer->counts();
  streamer.reset();
  CHECK(counts.fetches == 3 * blocks);
  CHECK(counts.passes == 3);
  REQUIRE(run.script->begun.size() == static_cast<size_t>(3 * blocks));
  for (size_t k = 0; k < run.script->begun.size(); ++k)
    CHECK(run.script->begun[k] == k % static_cast<size_t>(blocks));
  CHECK_FALSE(run.script->too_early);
}

TEST_CASE("the next block is fetched while one computes, also from one pass to the next") {
  const int slots = GENERATE(2, 3);
  Run run(3, slots, 2);
  auto streamer = run.streamer();
  const size_t ahead = static_cast<size_t>(slots);
  CHECK(run.script->wait_for_fetches(ahead));  // before the first step
  for (size_t job = 0; job < 6; ++job) {
    const auto block = static_cast<int64_t>(job % 3);
    streamer->enter(block);
    // Inside block `job`: those behind it are there or on their way, but none that has no slot.
    CHECK(run.script->wait_for_fetches(std::min<size_t>(6, job + ahead)));
    {
      const std::lock_guard lock(run.script->mutex);
      CHECK(run.script->begun.size() == std::min<size_t>(6, job + ahead));
      ++run.script->left;
    }
    streamer->leave(block);
  }
  CHECK(streamer->counts().fetches == 6);
}

TEST_CASE("a parameter can be read between enter and leave only") {
  Run run(2, 2, 1);
  auto streamer = run.streamer();
  const auto& parameter = (*run.all)[0].handles[0];
  const at::Tensor copy = parameter;
  const auto message = Catch::Matchers::Contains("while its weights are not there");
  CHECK_THROWS_WITH(copy.const_data_ptr(), message);
  streamer->enter(0);
  CHECK(copy.const_data_ptr<uint8_t>()[0] == 1);
  streamer->leave(0);
  CHECK_THROWS_WITH(copy.const_data_ptr(), message);
}

TEST_CASE("a block out of order or after the last pass is an error") {
  Run run(2, 2, 1);
  auto streamer = run.streamer();
  CHECK_THROWS_WITH(streamer->enter(1), Catch::Matchers::Contains("out of order"));
  run.use(*streamer, 0);
  run.use(*streamer, 1);
  CHECK_THROWS_WITH(streamer->enter(0), Catch::Matchers::Contains("once too often"));
}

TEST_CASE("a pass without computing uses every block") {
  Run run(3, 2, 2);
  run.script->slots = 100;  // nothing is noted here
  auto streamer = run.streamer();
  streamer->pass_by();
  streamer->pass_by();
  CHECK(streamer->counts().fetches == 6);
}

TEST_CASE("what a fetch throws comes out of the block that needs it") {
  Run run(4, 2, 1);
  run.script->fail_at = 2;
  auto streamer = run.streamer();
  CHECK(run.use(*streamer, 0) == 1);
  CHECK(run.use(*streamer, 1) == 2);
  CHECK_THROWS_WITH(streamer->enter(2), "weights all_gather #4: lost");
}

TEST_CASE("a streamer can go before its end") {
  Run run(4, 2, 5, {1});
  auto streamer = run.streamer();
  run.use(*streamer, 0);
  CHECK_NOTHROW(streamer.reset());
}

TEST_CASE("an error passes a fetch that never ends") {
  Run run(4, 2, 1);
  run.script->block_at = 1;
  const auto fails = [&] {
    auto streamer = run.streamer();
    run.use(*streamer, 0);
    run.script->wait_for_fetches(2);
    throw Error(ErrorKind::kMemory, "out of memory");
  };
  CHECK_THROWS_WITH(fails(), "out of memory");
  const std::lock_guard lock(run.script->mutex);
  run.script->released = true;
  run.script->changed.notify_all();
}

TEST_CASE("shard groups gather together, copies of a group apart") {
  constexpr int64_t kBlocks = 5;  // that two or three slots do not divide
  constexpr int64_t kPasses = 3;
  const int slots = GENERATE(2, 3);
  const auto quick = std::make_shared<ShardGroup>(2), slow = std::make_shared<ShardGroup>(2);
  const auto rank = [&](std::shared_ptr<ShardGroup> group, int milliseconds, bool& right) {
    const auto all = units(kBlocks);
    BlockStreamer streamer(all, std::make_unique<GroupHome>(group), at::kCPU, slots, kPasses);
    right = true;
    for (int64_t use = 0; use < kBlocks * kPasses; ++use) {
      const int64_t block = use % kBlocks;
      streamer.enter(block);
      const auto& held = (*all)[static_cast<size_t>(block)].handles[0];
      right = right && held.const_data_ptr<uint8_t>()[0] == block + 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      streamer.leave(block);
    }
  };
  bool right[4] = {};
  // One of the slow group's ranks lags; the quick group must be done all the same.
  std::thread ranks[] = {std::thread(rank, quick, 0, std::ref(right[0])),
                         std::thread(rank, quick, 0, std::ref(right[1])),
                         std::thread(rank, slow, 0, std::ref(right[2])),
                         std::thread(rank, slow, 2, std::ref(right[3]))};
  for (auto& one : ranks) one.join();
  for (bool one : right) CHECK(one);
  for (const auto& group : {quick, slow}) {
    CHECK_FALSE(group->mixed_up);
    REQUIRE(group->units.size() == kBlocks * kPasses);
    for (size_t i = 0; i < group->units.size(); ++i) CHECK(group->units[i] == i % kBlocks);
  }
}

TEST_CASE("fetches and waits are told with their times") {
  Run run(3, 2, 2, {2});
  auto streamer = run.streamer();
  for (int64_t use = 0; use < 6; ++use) run.use(*streamer, use % 3);
  const auto events = streamer->take_events();
  int64_t fetches = 0;
  for (const auto& event : events) {
    CHECK(event.end >= event.begin);
    if (event.kind != StreamEvent::Kind::kFetch) continue;
    CHECK(event.block == fetches % 3);
    CHECK(event.bytes == kFlatAlignment);
    ++fetches;
  }
  CHECK(fetches == 6);
  CHECK(streamer->take_events().empty());
}
