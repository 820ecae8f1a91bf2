// What grew is a regression, what shrank is none, and what is lost counts.
#include "bench/comparison.h"

#include <catch2/catch.hpp>

#include "bench/samples.h"

using namespace kinema;
using namespace kinema::bench;
using kinema::test::message_of;

TEST_CASE("regressions are what counts and grew too much") {
  const Results before{"a", {test::done_cell("one", 1, {10.0}), test::done_cell("two", 2, {6.0})}};
  const Results after{"b", {test::done_cell("one", 1, {11.0}), test::done_cell("two", 2, {5.0})}};
  const auto comparison = compare(before, after);
  const auto lines = comparison.regressions(5);
  REQUIRE(lines.size() == 2);  // the whole and its steps
  CHECK(lines[0] == "ulysses_degree=1: seconds 10.00 s -> 11.00 s (+10.0 %)");
  CHECK(lines[1].starts_with("ulysses_degree=1: step_seconds"));
  CHECK(comparison.regressions(10.5).empty());
  CHECK(markdown(comparison).find("-16.7 %") != std::string::npos);
  CHECK(csv(comparison).find("ulysses_degree=1,seconds,10.0,11.0,10.0") != std::string::npos);
  CHECK(comparison_json(comparison)["differences"].size() == 10);
}

TEST_CASE("memory counts") {
  auto slim = test::done_cell("one", 1, {1.0}), fat = slim;
  fat.runs[0].peak_bytes = {3'000'000'000};
  const auto lines = compare({"a", {slim}}, {"b", {fat}}).regressions(5);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "ulysses_degree=1: peak_bytes 1.50 GB -> 3.00 GB (+100.0 %)");
}

TEST_CASE("a cell that fails now is lost; other ids are found by label") {
  const Results before{"a", {test::done_cell("x", 1, {1.0}), test::done_cell("two", 2, {6.0})}};
  auto failed = test::failed_cell("two", "out of memory");
  const Results after{"b",
                      {test::done_cell("y", 1, {1.0}), failed, test::done_cell("n", 8, {1.0})}};
  const auto comparison = compare(before, after);
  CHECK(comparison.differences.size() == 5);
  CHECK(comparison.regressions(5) ==
        std::vector<std::string>{"ulysses_degree=2: failed now: out of memory"});
  CHECK(comparison.unmatched == std::vector<std::string>{"ulysses_degree=8 (only after)"});
  CHECK(message_of([] {
          compare({"a", {}}, {"b", {}});
        }) == "error: the two have no finished cell in common\n");
}
