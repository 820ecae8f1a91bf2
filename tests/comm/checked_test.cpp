// A mismatch is found before it can end the process.
#include "comm/checked.h"

#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/gloo.h"
#include "support/ranks.h"

TEST_CASE("operations that differ are refused with both sides named") {
  try {
    kinema::test::run_ranks(2, [](kinema::comm::Rendezvous& rendezvous) {
      auto group = kinema::comm::checked(kinema::comm::gloo_group(rendezvous, "cfg", {0, 1}),
                                         rendezvous, {0, 1});
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
