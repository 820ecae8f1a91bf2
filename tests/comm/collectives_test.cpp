// Every operation over Gloo between real processes, against the arithmetic answer.
#include <numeric>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/collective_answers.h"
#include "comm/gloo.h"
#include "support/ranks.h"

using kinema::comm::Rendezvous;
using kinema::test::require;
using kinema::test::run_ranks;

namespace {

std::vector<int> everybody(int size) {
  std::vector<int> all(static_cast<size_t>(size));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

TEST_CASE("collectives over Gloo give the arithmetic answer") {
  auto type = GENERATE(at::kFloat, at::kBFloat16);
  auto ranks = GENERATE(2, 3, 4);
  CHECK_NOTHROW(run_ranks(ranks, [&](Rendezvous& rendezvous) {
    auto group = kinema::comm::gloo_group(rendezvous, "world", everybody(rendezvous.size()));
    kinema::test::require_collectives(*group, type);
  }));
}

TEST_CASE("sub-groups with the same axis name do not meet each other") {
  CHECK_NOTHROW(run_ranks(4, [](Rendezvous& rendezvous) {
    const int half = rendezvous.rank() / 2;
    auto pair = kinema::comm::gloo_group(rendezvous, "cfg", {2 * half, 2 * half + 1});
    auto sum = at::full({1}, rendezvous.rank(), at::kFloat);
    pair->all_reduce_sum(sum);
    require(sum.item<float>() == static_cast<float>(4 * half + 1), "sum of the own pair");
  }));
}

TEST_CASE("the bytes counted are those that leave a process") {
  CHECK_NOTHROW(run_ranks(4, [](Rendezvous& rendezvous) {
    auto group = kinema::comm::gloo_group(rendezvous, "world", {0, 1, 2, 3});
    group->all_to_all(at::zeros({4, 100}, at::kFloat));
    require(group->traffic().bytes_out == 3 * 400, "all_to_all keeps its own row");
    group->all_gather(at::zeros({100}, at::kFloat));
    require(group->traffic().bytes_out == 6 * 400, "all_gather sends to three");
  }));
}

TEST_CASE("a lost peer is one error that names the group and the operation") {
  try {
    run_ranks(3, [](Rendezvous& rendezvous) {
      auto group = kinema::comm::gloo_group(rendezvous, "ulysses", {0, 1, 2});
      group->barrier();
      if (rendezvous.rank() == 1) throw kinema::Error(kinema::ErrorKind::kMemory, "out of memory");
      for (;;) group->all_gather(at::zeros({1000}, at::kFloat));
    });
    FAIL("no error");
  } catch (const kinema::Error& error) {
    CHECK(std::string(error.what()) == "rank 1: out of memory");
    CHECK(error.kind() == kinema::ErrorKind::kMemory);
  }
}
