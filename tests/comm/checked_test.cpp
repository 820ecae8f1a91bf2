// A mismatch is found before it can end the process.
#include "comm/checked.h"

#include <stdexcept>
#include <thread>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/gloo.h"
#include "support/ranks.h"

using kinema::test::require;

namespace {

// Two ranks that say the same, on a device that goes on without the host.
class Queueing : public kinema::comm::LocalCommunicator {
 public:
  explicit Queueing(int rank) : LocalCommunicator("weights"), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return 2; }
  bool queues_on_device() const override { return true; }

 private:
  at::Tensor do_all_gather(const at::Tensor&) override {
    throw std::logic_error("a result of its own, which is copied");
  }
  void do_all_gather_into(const at::Tensor& part, at::Tensor& whole) override {
    whole.view({2, -1}).copy_(part);
  }

  int rank_;
};

}  // namespace

TEST_CASE("operations that differ are refused with both sides named") {
  try {
    kinema::test::run_ranks(2, [](kinema::comm::Rendezvous& rendezvous) {
      auto group = kinema::comm::checked(kinema::comm::gloo_group(rendezvous, "cfg", {0, 1}),
                                         rendezvous.connected_again(), {0, 1});
      group->all_gather(at::zeros({3}, at::kFloat));
      group->all_gather(at::zeros({rendezvous.rank() == 0 ? 3 : 4}, at::kFloat));
    });
    FAIL("no error");
  } catch (const kinema::Error& error) {
    CHECK_THAT(error.what(), Catch::Contains("#2") &&
                                 Catch::Contains("runs all_gather [3] float") &&
                                 Catch::Contains("runs all_gather [4] float"));
  }
}

TEST_CASE("a group that is checked does what it did without") {
  kinema::test::run_ranks(2, [](kinema::comm::Rendezvous& rendezvous) {
    const auto group = kinema::comm::checked(std::make_unique<Queueing>(rendezvous.rank()),
                                             rendezvous.connected_again(), {0, 1});
    require(group->queues_on_device(), "the host does not wait");
    auto whole = at::zeros({6}, at::kFloat);
    const auto* place = whole.const_data_ptr();
    group->all_gather_into(at::ones({3}, at::kFloat), whole);
    require(whole.const_data_ptr() == place && whole.sum().item<float>() == 6,
            "what is gathered goes where it is wanted, without a copy");
  });
}

TEST_CASE("two threads compare operations of two groups at the same time") {
  kinema::test::run_ranks(2, [](kinema::comm::Rendezvous& rendezvous) {
    auto group = [&](const char* name) {
      return kinema::comm::checked(kinema::comm::gloo_group(rendezvous, name, {0, 1}),
                                   rendezvous.connected_again(), {0, 1});
    };
    auto cfg = group("cfg"), weights = group("weights");
    // Either thread may have to wait for the other rank: not for the other thread too.
    std::thread fetching([&] {
      for (int i = 0; i < 20; ++i) weights->all_gather(at::zeros({8}, at::kByte));
    });
    for (int i = 0; i < 20; ++i) cfg->all_gather(at::zeros({3}, at::kFloat));
    fetching.join();
  });
}
