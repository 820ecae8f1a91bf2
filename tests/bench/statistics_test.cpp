// Medians and quantiles by hand.
#include "bench/statistics.h"

#include <catch2/catch.hpp>

using namespace kinema::bench;

TEST_CASE("spread of odd, even, one and no values") {
  const auto odd = spread_of({3, 1, 2});
  CHECK(odd.min == 1);
  CHECK(odd.median == 2);
  CHECK(odd.max == 3);
  CHECK(odd.count == 3);
  CHECK(odd.relative() == 1);
  CHECK(spread_of({4, 1, 2, 3}).median == 2.5);
  CHECK(spread_of({7}).median == 7);
  CHECK(spread_of({}).count == 0);
  CHECK(spread_of({}).relative() == 0);
}

TEST_CASE("quantiles lie between neighbours") {
  CHECK(quantile({10, 20, 30, 40, 50}, 0.25) == 20);
  CHECK(quantile({10, 20}, 0.25) == 12.5);
  CHECK(quantile({10, 20}, 1) == 20);
  CHECK_THROWS_AS(quantile({}, 0.5), std::invalid_argument);
}
