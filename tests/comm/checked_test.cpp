// A mismatch is found before it can end the process.
#include "comm/checked.h"

#include <thread>

#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/gloo.h"
#include "support/ranks.h"

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
