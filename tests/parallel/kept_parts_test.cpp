// Pages of host memory, and files read by several threads through a ring of pieces.
#include "parallel/kept_parts.h"

#include <ATen/ops/any.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <catch2/catch.hpp>

#include "comm/communicator.h"
#include "parallel/block_streamer.h"
#include "parallel/taken_blocks.h"
#include "support/ranks.h"
#include "weights/late_device.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::require;
using kinema::test::run_ranks;
using kinema::test::TakenBlocks;

namespace {

at::Tensor flat(const StreamUnit& unit) {
  auto whole = flat_buffer(unit.layout.bytes(), at::kCPU);
  whole.fill_(255);  // as a buffer that held something else
  read_flat(unit, 0, whole);
  return whole;
}

}  // namespace

TEST_CASE("pages are handed out to the last byte") {
  HostPages pages(1000, at::kCPU, 256);
  std::vector<int64_t> lengths;
  for (int64_t bytes : {100, 400, 500}) {
    for (const auto& piece : pages.take(bytes)) lengths.push_back(piece.numel());
  }
  CHECK(lengths == std::vector<int64_t>{100, 156, 244, 12, 256, 232});
}

TEST_CASE("parts in pages are the block's bytes") {
  CHECK_NOTHROW(run_ranks(1, [](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone);
    for (int64_t index : {0, 1, 2}) {
      const auto kept = KeptParts::in_host_memory(taken.units, {index, 3}, at::kCPU, 4096);
      for (size_t i = 0; i < taken.units->size(); ++i) {
        const auto& layout = (*taken.units)[i].layout;
        const int64_t bytes = layout.part_bytes(3);
        auto got = flat_buffer(bytes, at::kCPU);
        kept.await(i);
        kept.copy(i, got);
        const int64_t there = std::min(bytes, layout.bytes() - index * bytes);
        require(at::equal(got.narrow(0, 0, there),
                          flat((*taken.units)[i]).narrow(0, index * bytes, there)),
                "the part's bytes");
      }
      require(!kept.whole(0).defined(), "a block in several pages is not in one");
    }
  }));
}

TEST_CASE("what reading throws comes out of the unit that needs it, not of those before") {
  CHECK_NOTHROW(run_ranks(1, [](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone);
    auto units = *taken.units;
    require(units.size() == 2, "two blocks");
    // Factors of another tensor's rows.
    units.back().parts.back().front().scale = at::ones({3});
    const auto broken = std::make_shared<const std::vector<StreamUnit>>(std::move(units));
    const auto fails = [&](const KeptParts& kept) {
      kept.await(0);
      try {
        kept.await(1);
      } catch (const std::exception&) {
        return true;
      }
      return false;
    };
    require(fails(KeptParts::on_device(broken, {}, at::kCPU)), "of a device");
    require(fails(KeptParts::in_host_memory(broken, {}, at::kCPU)), "of host memory");
    BlockStreamer streamer(broken, host_home(broken), at::kCPU, 2, 1);
    streamer.enter(0);
    streamer.leave(0);
    bool threw = false;
    try {
      streamer.enter(1);
    } catch (const std::exception&) {
      threw = true;
    }
    require(threw, "of the block that is entered");
  }));
}

TEST_CASE("parts that nobody wants any more stop being read") {
  CHECK_NOTHROW(run_ranks(1, [](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone);
    for (int turn = 0; turn < 20; ++turn)
      KeptParts::in_host_memory(taken.units, {}, at::kCPU, 4096);
  }));
}

TEST_CASE("what no parameter fills becomes zero") {
  CHECK_NOTHROW(run_ranks(1, [](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    const TakenBlocks taken(at::kFloat, alone);
    const auto& unit = taken.units->front();
    const auto whole = flat(unit);
    int64_t end = 0, padding = 0;
    for (const auto& entry : unit.layout.entries()) {
      require(!whole.narrow(0, end, entry.offset - end).any().item<bool>(), "zero before");
      padding += entry.offset - end;
      end = entry.offset + entry.bytes;
    }
    require(padding > 0, "there is padding");
    require(!whole.narrow(0, end, whole.numel() - end).any().item<bool>(), "zero behind");
  }));
}

TEST_CASE("a ring of pieces reads what one read does") {
  CHECK_NOTHROW(run_ranks(1, [](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kFloat, alone);
    const auto& unit = taken.units->front();
    const auto want = flat(unit);
    for (const auto& [piece, pieces] : {std::pair<int64_t, int>{256, 1}, {1024, 3}, {1 << 20, 4}}) {
      for (int64_t begin : {int64_t{0}, int64_t{512}}) {
        auto got = flat_buffer(want.numel() - begin, at::kCPU);
        test::LateDevice::Log log;
        uint64_t read = 0;
        {
          weights::UploadRing ring(std::make_unique<test::LateDevice>(log),
                                   {.threads = pieces, .buffers = pieces, .buffer_bytes = piece});
          read = read_flat(ring, unit, begin, got);
        }
        require(log.given == (got.numel() + piece - 1) / piece, "a copy for each piece");
        require(at::equal(got, want.narrow(0, begin, got.numel())), "the bytes");
        auto again = flat_buffer(got.numel(), at::kCPU).fill_(255);
        require(read == read_flat(unit, begin, again), "how many bytes of the files");
        require(at::equal(again, got), "the bytes where others were before");
      }
    }
  }));
}
