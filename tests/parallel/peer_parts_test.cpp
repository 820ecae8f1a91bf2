// Ranks that read each other's parts in place, played by threads of one process, whose memory all
// of them can see.
#include "parallel/peer_parts.h"

#include <barrier>
#include <functional>
#include <thread>

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "parallel/block_streamer.h"
#include "parallel/taken_blocks.h"
#include "support/ranks.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::require;
using kinema::test::run_ranks;
using kinema::test::TakenBlocks;

namespace {

struct Meeting {
  explicit Meeting(int ranks) : tensors(static_cast<size_t>(ranks)), all(ranks) {}
  std::vector<at::Tensor> tensors;
  std::barrier<> all;
};

class ThreadGroup : public comm::Communicator {
 public:
  ThreadGroup(std::shared_ptr<Meeting> meeting, int rank)
      : Communicator("weights"), meeting_(std::move(meeting)), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_->tensors.size()); }

 private:
  at::Tensor do_all_gather(const at::Tensor& part) override {
    meeting_->tensors[static_cast<size_t>(rank_)] = part;
    meeting_->all.arrive_and_wait();
    auto all = at::stack(meeting_->tensors);
    meeting_->all.arrive_and_wait();
    return all;
  }
  void do_barrier() override { meeting_->all.arrive_and_wait(); }
  [[noreturn]] static void unused() { throw Error(ErrorKind::kInternal, "not for this test"); }
  at::Tensor do_all_to_all(const at::Tensor&) override { unused(); }
  void do_all_reduce_sum(at::Tensor&) override { unused(); }
  void do_broadcast(at::Tensor&, int) override { unused(); }
  std::unique_ptr<comm::Pending> do_send(const at::Tensor&, int, int) override { unused(); }
  std::unique_ptr<comm::Pending> do_receive(at::Tensor&, int, int) override { unused(); }

  std::shared_ptr<Meeting> meeting_;
  int rank_;
};

enum class Fault { kNone, kNotNamed, kNotOpened, kOtherBytes };

// A name is an address.
class SharedMemory : public comm::PeerMemory {
 public:
  explicit SharedMemory(Fault fault) : fault_(fault) {}
  std::string name_of(const at::Tensor& bytes) override {
    if (fault_ == Fault::kNotNamed) throw std::runtime_error("no handles here\nbacktrace");
    return std::to_string(reinterpret_cast<uintptr_t>(bytes.const_data_ptr()));
  }
  at::Tensor open(const std::string& name, int64_t size) override {
    if (fault_ == Fault::kNotOpened) throw std::runtime_error("peers are not allowed");
    if (fault_ == Fault::kOtherBytes) return at::full({size}, 7, at::kByte);
    return at::from_blob(reinterpret_cast<void*>(std::stoull(name)), {size}, at::kByte);
  }

 private:
  Fault fault_;
};

// Runs `rank` for each of them in a thread of its own, in a process of its own; the first text that
// one returns is what is wrong.
void run_threads(int ranks, const std::function<std::string(std::shared_ptr<ThreadGroup>)>& rank) {
  CHECK_NOTHROW(run_ranks(1, [&](comm::Rendezvous&) {
    const auto meeting = std::make_shared<Meeting>(ranks);
    std::vector<std::string> wrong(static_cast<size_t>(ranks));
    std::vector<std::thread> threads;
    for (int r = 0; r < ranks; ++r) {
      threads.emplace_back([&, r] {
        wrong[static_cast<size_t>(r)] = rank(std::make_shared<ThreadGroup>(meeting, r));
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& text : wrong) require(text.empty(), text);
  }));
}

// What a use of a block finds that is not the checkpoint's, or the home's text if it is not `text`.
std::string wrong_bits(TakenBlocks& taken,
                       std::unique_ptr<BlockHome> home,
                       const std::string& text) {
  BlockStreamer streamer(taken.units, std::move(home), at::kCPU, 2, 2);
  if (streamer.home().text() != text) return streamer.home().text();
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& unit : *taken.units) {
      streamer.enter(unit.block);
      for (const auto& entry : unit.layout.entries()) {
        if (!at::equal(taken.parameters.at(entry.name),
                       taken.cut.take(entry.name, taken.shape(entry.name))))
          return entry.name;
      }
      streamer.leave(unit.block);
    }
  }
  return streamer.home().bytes_read() > 0 ? "" : "nothing was read";
}

}  // namespace

TEST_CASE("blocks are put together from peers' memory, or gathered where that cannot be seen") {
  const int ranks = GENERATE(1, 2, 3);
  const auto fault = GENERATE(Fault::kNone, Fault::kNotOpened);
  run_threads(ranks, [&](std::shared_ptr<ThreadGroup> group) -> std::string {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone);
    auto home = shard_home(taken.units, group, {.peers = std::make_shared<SharedMemory>(fault)});
    auto text = "shards of " + std::to_string(ranks) + " ranks";
    if (fault == Fault::kNone && ranks > 1) text += ", read in place";
    return wrong_bits(taken, std::move(home), text);
  });
}

TEST_CASE("one rank that cannot see its peers keeps all from it, for the same reason") {
  const auto [fault, reason] = GENERATE(std::pair{Fault::kNotNamed, "no handles here"},
                                        std::pair{Fault::kNotOpened, "peers are not allowed"},
                                        std::pair{Fault::kOtherBytes,
                                                  "a peer's memory reads as "
                                                  "other bytes"});
  run_threads(3, [&](std::shared_ptr<ThreadGroup> group) -> std::string {
    SharedMemory memory(group->rank() == 1 ? fault : Fault::kNone);
    const auto mine = at::full({1000}, group->rank(), at::kByte);
    const auto peers = open_peers(*group, memory, mine, 600);
    return peers.parts.empty() ? (peers.obstacle == reason ? "" : peers.obstacle) : "opened";
  });
}
