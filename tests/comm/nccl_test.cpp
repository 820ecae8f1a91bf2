// NCCL between real processes where there are GPUs; without one, what users are told.
#include "comm/nccl.h"

#include <atomic>
#include <iostream>
#include <numeric>
#include <thread>

#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>
#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "comm/collective_answers.h"
#include "comm/gloo.h"
#include "support/ranks.h"
#include "tensor/device.h"

using kinema::comm::Nccl;
using kinema::comm::Rendezvous;
using kinema::test::require;
using kinema::test::run_ranks;

namespace {

const std::filesystem::path kModule = KINEMA_BUILD_DIR "/libkinema_nccl.so";

// Asked in a child: a process that has started CUDA cannot fork ranks.
int gpus() {
  const auto child = ::fork();
  if (child == 0) ::_exit(kinema::tensor::gpu_count());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

bool skipped(int wanted) {
  const int there = gpus();
  if (there >= wanted) return false;
  std::cout << "skipped: wants " << wanted << (wanted == 1 ? " GPU" : " GPUs") << ", has " << there
            << std::endl;
  return true;
}

std::vector<int> everybody(int size) {
  std::vector<int> all(static_cast<size_t>(size));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const kinema::Error& error) {
    return error.what();
  }
  return "no error";
}

// Each rank on its own GPU, all operations in both kinds of memory.
void check_rank(Rendezvous& rendezvous) {
  const auto device = kinema::tensor::gpu(rendezvous.rank());
  const c10::DeviceGuard guard(device);
  Nccl nccl(rendezvous, device, {}, kModule);
  const auto members = everybody(rendezvous.size());
  for (auto type : {at::kFloat, at::kBFloat16, at::kLong}) {
    auto group = nccl.group(std::string("world_") + at::toString(type), members);
    kinema::test::require_collectives(*group, at::TensorOptions(type).device(device));
  }
  if (rendezvous.size() > 1) {
    auto group = nccl.group("host", members);
    kinema::test::require_collectives(*group, at::kFloat);
  }
}

}  // namespace

TEST_CASE("a module that is not there is named") {
  CHECK_NOTHROW(run_ranks(1, [](Rendezvous& rendezvous) {
    const auto what = error_of([&] {
      Nccl nccl(rendezvous, {at::kCUDA, 0}, {}, "/nowhere/libkinema_nccl.so");
    });
    require(what.starts_with("/nowhere/libkinema_nccl.so cannot be loaded"), what);
  }));
}

TEST_CASE("a machine without a GPU gets one sentence") {
  if (gpus() > 0) {
    std::cout << "skipped: there is a GPU" << std::endl;
    return;
  }
  CHECK_NOTHROW(run_ranks(1, [](Rendezvous& rendezvous) {
    const auto what = error_of([&] { Nccl nccl(rendezvous, {at::kCUDA, 0}, {}, kModule); });
    require(what.starts_with("NCCL on cuda:0: ") && what.find('\n') == std::string::npos, what);
  }));
}

TEST_CASE("NCCL gives the arithmetic answer in a group of one") {
  if (skipped(1)) return;
  CHECK_NOTHROW(run_ranks(1, check_rank));
}

TEST_CASE("NCCL gives the arithmetic answer between GPUs") {
  const int ranks = GENERATE(2, 3, 4);
  if (skipped(ranks)) return;
  CHECK_NOTHROW(run_ranks(ranks, check_rank));
}

TEST_CASE("processes that share a GPU talk over Gloo with its tensors") {
  if (skipped(1)) return;
  const int ranks = GENERATE(2, 4);
  CHECK_NOTHROW(run_ranks(ranks, [](Rendezvous& rendezvous) {
    const auto device = kinema::tensor::gpu(0);
    auto group = kinema::comm::gloo_group(rendezvous, "world", everybody(rendezvous.size()));
    kinema::test::require_collectives(*group, at::TensorOptions(at::kFloat).device(device));
  }));
}

TEST_CASE("a GPU whose peer does not come is an error after the deadline") {
  if (skipped(2)) return;
  const auto what = error_of([] {
    run_ranks(2, [](Rendezvous& rendezvous) {
      const auto device = kinema::tensor::gpu(rendezvous.rank());
      const c10::DeviceGuard guard(device);
      std::atomic<bool> told = false;
      Nccl nccl(
          rendezvous, device, [&](const kinema::Error&) { told = true; }, kModule);
      auto group = nccl.group("pair", {0, 1});
      group->barrier();
      if (rendezvous.rank() == 1) std::this_thread::sleep_for(rendezvous.timeout() * 2);
      auto sum = at::zeros({4}, at::TensorOptions(at::kFloat).device(device));
      group->all_reduce_sum(sum);
      group->barrier();
    });
  });
  CHECK_THAT(what, Catch::Contains("did not end within"));
}
