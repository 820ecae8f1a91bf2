// Every home puts the checkpoint's parameters into the slots, and reads no more than it must.
#include "parallel/block_home.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "parallel/block_streamer.h"
#include "parallel/taken_blocks.h"
#include "support/ranks.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::require;
using kinema::test::run_ranks;
using kinema::test::TakenBlocks;

namespace {

// Twice over all blocks: each parameter is what the checkpoint has for this rank. Returns how many
// bytes of the files that has read.
uint64_t check_values(TakenBlocks& taken, std::unique_ptr<BlockHome> home) {
  BlockStreamer streamer(taken.units, std::move(home), at::kCPU, 2, 2);
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& unit : *taken.units) {
      streamer.enter(unit.block);
      for (const auto& entry : unit.layout.entries()) {
        require(at::equal(taken.parameters.at(entry.name),
                          taken.cut.take(entry.name, taken.shape(entry.name))),
                entry.name);
      }
      streamer.leave(unit.block);
    }
  }
  require(streamer.counts().fetches == 4, "one fetch a block and pass");
  return streamer.home().bytes_read();
}

// The sum of everybody's figure.
uint64_t sum(comm::Communicator& group, uint64_t mine) {
  auto total = at::tensor({static_cast<int64_t>(mine)});
  group.all_reduce_sum(total);
  return static_cast<uint64_t>(total.item<int64_t>());
}

}  // namespace

TEST_CASE("whole blocks come from memory and from the files") {
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  CHECK_NOTHROW(run_ranks(1, [&](comm::Rendezvous&) {
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(dtype, alone);
    require(taken.units->size() == 2, "a unit for each block");
    require(taken.root_bytes_read == 0, "nothing of a block is read before it is wanted");

    for (int64_t page : {kHostPage, int64_t{4096}}) {
      auto host = host_home(taken.units, at::kCPU, page);
      require(check_values(taken, std::move(host)) == taken.bytes_of_blocks(),
              "host memory reads everything once");
    }

    auto files = file_home(taken.units, at::kCPU);
    require(files->bytes_read() == 0 && files->resident_bytes() == 0, "the files keep nothing");
    auto slot = flat_buffer(files->slot_bytes(), at::kCPU);
    for (size_t i = 0; i < taken.units->size(); ++i) files->fetch(i, slot);
    require(files->bytes_read() == taken.bytes_of_blocks(), "the files are read block by block");
    require(check_values(taken, std::move(files)) == taken.bytes_of_blocks(),
            "bytes are counted once");
  }));
}

TEST_CASE("ranks read a block's bytes once between them and gather it whole") {
  const int ranks = GENERATE(1, 2, 3, 4);
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  CHECK_NOTHROW(run_ranks(ranks, [&](comm::Rendezvous& rendezvous) {
    std::vector<int> all;
    for (int r = 0; r < ranks; ++r) all.push_back(r);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(dtype, alone);
    std::shared_ptr<comm::Communicator> group = comm::gloo_group(rendezvous, "weights", all);
    auto home = shard_home(taken.units, group);
    const auto other = comm::gloo_group(rendezvous, "other", all);
    int64_t parts = 0;
    for (const auto& unit : *taken.units) parts += unit.layout.part_bytes(ranks);
    require(home->resident_bytes() == parts, "a rank keeps its part");
    const auto stored_per_element =
        checkpoint::element_bytes(taken.units->front().parts.front().front().stored.entry.dtype);
    const auto most = static_cast<uint64_t>(parts) / c10::elementSize(dtype) * stored_per_element;
    const auto read = check_values(taken, std::move(home));
    require(read <= most, "a rank reads no more than its part");
    require(sum(*other, read) == taken.bytes_of_blocks(), "every byte is read once");
    const auto sent = group->traffic().bytes_out;
    require(sent == 2 * parts * (ranks - 1), "a rank sends its part to each other, once a pass");
  }));
}

TEST_CASE("shards in host memory are copied to their place and gathered there") {
  const int ranks = GENERATE(2, 3);
  const int64_t page = GENERATE(int64_t{2048}, kHostPage);
  CHECK_NOTHROW(run_ranks(ranks, [&](comm::Rendezvous& rendezvous) {
    std::vector<int> all;
    for (int r = 0; r < ranks; ++r) all.push_back(r);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone);
    std::shared_ptr<comm::Communicator> group = comm::gloo_group(rendezvous, "weights", all);
    auto home = shard_home(taken.units, group, {.memory = Sharding::Memory::kHost, .page = page});
    const auto other = comm::gloo_group(rendezvous, "other", all);
    int64_t parts = 0;
    for (const auto& unit : *taken.units) parts += unit.layout.part_bytes(ranks);
    require(home->resident_bytes() == parts, "a rank keeps its part");
    require(home->text() == "host memory, shards of " + std::to_string(ranks) + " ranks", "text");
    const auto read = check_values(taken, std::move(home));
    require(sum(*other, read) == taken.bytes_of_blocks(), "every byte is read once");
  }));
}

TEST_CASE("shards of tensor-parallel slices") {
  CHECK_NOTHROW(run_ranks(4, [&](comm::Rendezvous& rendezvous) {
    const int rank = rendezvous.rank();
    const auto tensor = comm::gloo_group(rendezvous, "tensor", {rank / 2 * 2, rank / 2 * 2 + 1});
    TakenBlocks taken(at::kFloat, *tensor);
    std::shared_ptr<comm::Communicator> group =
        comm::gloo_group(rendezvous, "weights", {rank % 2, rank % 2 + 2});
    auto home = shard_home(taken.units, group);
    const auto pair = comm::gloo_group(rendezvous, "other", {rank % 2, rank % 2 + 2});
    const auto read = check_values(taken, std::move(home));
    require(sum(*pair, read) == taken.bytes_of_blocks(), "each slice is read once");
  }));
}
