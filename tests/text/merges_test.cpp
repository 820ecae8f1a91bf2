// The order in which pairs merge.
#include "text/merges.h"

#include <catch2/catch.hpp>

using kinema::text::Merge;
using kinema::text::Merges;
using Ids = std::vector<uint32_t>;

TEST_CASE("the lowest rank merges first, and of equal ones the leftmost") {
  // 1 1 -> 5 before 1 2 -> 6 before 5 2 -> 7.
  const Merges merges({{1, 1, 5}, {1, 2, 6}, {5, 2, 7}});
  CHECK(merges.merged({1, 1, 2}) == Ids{7});
  CHECK(merges.merged({1, 1, 1, 2}) == Ids{5, 6});
  CHECK(merges.merged({1, 1, 1}) == Ids{5, 1});
  CHECK(merges.merged({2, 1, 2, 3}) == Ids{2, 6, 3});
  CHECK(merges.merged({}).empty());
  CHECK(merges.merged({9}) == Ids{9});
}

TEST_CASE("a pair listed twice has its last rank") {
  const Merges merges({{1, 2, 5}, {2, 3, 6}, {1, 2, 5}});
  CHECK(merges.merged({1, 2, 3}) == Ids{1, 6});
}

TEST_CASE("a word of a million symbols merges") {
  std::vector<Merge> doubling;
  for (uint32_t i = 0; i < 20; ++i) doubling.push_back({i, i, i + 1});
  CHECK(Merges(doubling).merged(Ids(1 << 20, 0)) == Ids{20});
}
