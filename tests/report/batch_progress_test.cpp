// Lines and events of a batch, on a clock that the test moves.
#include "report/batch_progress.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "base/json.h"

using namespace kinema;
using report::BatchProgress;

namespace {

std::string played(config::ProgressStyle style) {
  std::ostringstream out;
  BatchProgress progress(
      style, {out, false, 80, [] { return 41.2; }, [] { return std::string("12:04:31"); }});
  progress.began("fox-7", {.all = 9, .begun = 1, .failed = 0, .at_a_time = 2});
  progress.ended("fox-7", 60);
  progress.began("fox-8", {.all = 9, .begun = 3, .failed = 1, .at_a_time = 2});
  progress.failed("fox-8", "no");
  return out.str();
}

}  // namespace

TEST_CASE("a batch says which output of how many, and when all will be done") {
  // Seven outputs are left, two at a time: four rounds of a minute.
  const std::string expected =
      "12:04:31 1 of 9: fox-7\n12:04:31 3 of 9: fox-8  1 failed  eta for all 4 min 0 s\n";
  CHECK(played(config::ProgressStyle::kPlain) == expected);
  CHECK(played(config::ProgressStyle::kBar) == expected);
  CHECK(played(config::ProgressStyle::kNone).empty());
}

TEST_CASE("events of a batch are one object a line") {
  std::istringstream lines(played(config::ProgressStyle::kJson));
  std::vector<Json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(Json::parse(line));
  REQUIRE(events.size() == 4);
  CHECK(events[0] == Json({{"t", 41.2},
                           {"event", "job_began"},
                           {"job", "fox-7"},
                           {"index", 1},
                           {"of", 9},
                           {"failed", 0}}));
  CHECK(events[1]["event"] == "job_ended");
  CHECK(events[1]["seconds"] == 60);
  CHECK(events[2]["eta_seconds"] == 240);
  CHECK(events[3]["error"] == "no");
}
