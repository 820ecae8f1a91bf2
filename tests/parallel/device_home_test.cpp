// Every home on a real GPU, whose queues run apart from the host and from each other: each use of a
// block must find the bits that the checkpoint has. Skipped without a GPU.
#include <iostream>

#include <ATen/ops/equal.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <c10/core/DeviceGuard.h>
#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "comm/gloo.h"
#include "comm/nccl.h"
#include "parallel/block_streamer.h"
#include "parallel/taken_blocks.h"
#include "support/ranks.h"
#include "tensor/device.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::require;
using kinema::test::run_ranks;
using kinema::test::TakenBlocks;

namespace {

constexpr int64_t kPasses = 4;

// Asked by another process, because one that forks must not have asked.
bool skipped() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(tensor::gpu_count());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) > 0) return false;
  std::cout << "skipped: wants 1 GPU, has 0" << std::endl;
  return true;
}

// Gives the device all passes without waiting for it, with work enough that a slot which is filled
// too early is filled while its block is still used; then looks at what each use has seen.
void check_uses(TakenBlocks& taken, std::unique_ptr<BlockHome> home, at::Device device, int slots) {
  BlockStreamer streamer(taken.units, std::move(home), device, slots, kPasses);
  const auto name = streamer.home().text() + " into " + std::to_string(slots) + " slots: ";
  std::cout << name << "all passes" << std::endl;
  auto busy = at::ones({2048, 2048}, at::TensorOptions(at::kFloat).device(device));
  std::vector<std::pair<std::string, at::Tensor>> seen;
  for (int64_t pass = 0; pass < kPasses; ++pass) {
    for (const auto& unit : *taken.units) {
      streamer.enter(unit.block);
      for (int i = 0; i < 8; ++i) busy = at::mm(busy, busy);
      for (const auto& entry : unit.layout.entries())
        seen.emplace_back(entry.name, taken.parameters.at(entry.name).clone());
      streamer.leave(unit.block);
    }
  }
  tensor::synchronize(device);
  for (const auto& [parameter, bits] : seen)
    require(at::equal(bits, taken.cut.take(parameter, taken.shape(parameter))), name + parameter);
  const auto units = static_cast<int64_t>(taken.units->size());
  require(streamer.counts().fetches == units * kPasses, name + "one fetch a block and pass");
  for (const auto& event : streamer.take_events())
    require(event.end >= event.begin, name + "a time that goes backwards");
}

}  // namespace

TEST_CASE("a GPU's slots hold the checkpoint's bits from host memory and files", "[gpu]") {
  if (skipped()) return;
  const int slots = GENERATE(1, 2, 3);
  CHECK_NOTHROW(run_ranks(1, [&](comm::Rendezvous&) {
    const auto device = tensor::gpu(0);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone, device);
    check_uses(taken, host_home(taken.units, device), device, slots);
    check_uses(taken, host_home(taken.units, device, 4096), device, slots);
    check_uses(taken, file_home(taken.units, device), device, slots);
  }));
}

TEST_CASE("a GPU's slots hold the checkpoint's bits from shards", "[gpu]") {
  if (skipped()) return;
  const auto memory = GENERATE(Sharding::Memory::kDevice, Sharding::Memory::kHost);
  CHECK_NOTHROW(run_ranks(2, [&](comm::Rendezvous& rendezvous) {
    const auto device = tensor::gpu(0);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone, device);
    std::shared_ptr<comm::Communicator> group = comm::gloo_group(rendezvous, "weights", {0, 1});
    check_uses(taken, shard_home(taken.units, group, {.device = device, .memory = memory}), device,
               2);
  }));
}

TEST_CASE("a GPU's slots hold the checkpoint's bits that peers have", "[gpu]") {
  const std::filesystem::path module = KINEMA_BUILD_DIR "/libkinema_nccl.so";
  if (skipped()) return;
  CHECK_NOTHROW(run_ranks(2, [&](comm::Rendezvous& rendezvous) {
    const auto device = tensor::gpu(0);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone, device);
    std::shared_ptr<comm::Communicator> group = comm::gloo_group(rendezvous, "weights", {0, 1});
    const std::shared_ptr<comm::PeerMemory> peers = comm::gpu_peer_memory(device, module);
    auto home = shard_home(taken.units, group, {.device = device, .peers = peers});
    check_uses(taken, std::move(home), device, 2);
  }));
}

TEST_CASE("a GPU's slots hold the checkpoint's bits that NCCL gathers", "[gpu]") {
  const std::filesystem::path module = KINEMA_BUILD_DIR "/libkinema_nccl.so";
  if (skipped() || !std::filesystem::exists(module)) return;
  const auto memory = GENERATE(Sharding::Memory::kDevice, Sharding::Memory::kHost);
  CHECK_NOTHROW(run_ranks(1, [&](comm::Rendezvous& rendezvous) {
    const auto device = tensor::gpu(0);
    const c10::DeviceGuard guard(device);
    comm::LocalCommunicator alone("tensor");
    TakenBlocks taken(at::kBFloat16, alone, device);
    comm::Nccl nccl(rendezvous, device, {}, module);
    std::shared_ptr<comm::Communicator> group = nccl.group(comm::kGatherAheadGroup, {0});
    auto home = shard_home(taken.units, group, {.device = device, .memory = memory});
    require(!home->keeps_host(), "NCCL's gathers are queued");
    check_uses(taken, std::move(home), device, 2);
  }));
}
