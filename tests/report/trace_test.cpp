// Spans of all ranks as viewers of Chrome traces read them, also after their way to the first rank.
#include "report/trace.h"

#include <catch2/catch.hpp>

#include "report/rank_exchange.h"
#include "report/run_report.h"

using namespace kinema;
using namespace kinema::report;

namespace {

RankReport rank(int64_t number) {
  RankReport made;
  made.rank = number;
  StageMeasure denoise;
  denoise.stage = "denoise";
  denoise.spans = {{"stages", "denoise", 0.5, 2.0, 0},
                   {"fetch", "transformer block 1", 0.5, 0.75, 4096},
                   {"something new", "x", 0.0000014, 0.0000026, 0}};
  made.stages = {denoise};
  return made;
}

}  // namespace

TEST_CASE("every span becomes an event of its rank's process") {
  RunReport report;
  report.ranks = {rank(0), unpacked(packed(rank(1)))};
  const auto events = trace_json(report)["traceEvents"];
  std::vector<OrderedJson> spans;
  std::map<std::pair<int64_t, int64_t>, std::string> threads;
  for (const auto& event : events) {
    if (event["ph"] == "X") spans.push_back(event);
    if (event["name"] == "thread_name")
      threads[{event["pid"], event["tid"]}] = event["args"]["name"];
  }
  REQUIRE(spans.size() == 6);
  CHECK(spans[1]["name"] == "transformer block 1");
  CHECK(spans[1]["ts"] == 500'000);
  CHECK(spans[1]["dur"] == 250'000);
  CHECK(spans[1]["args"]["bytes"] == 4096);
  CHECK_FALSE(spans[0].contains("args"));
  CHECK(spans[2]["ts"].get<int64_t>() + spans[2]["dur"].get<int64_t>() == 3);
  CHECK(spans[4]["pid"] == 1);
  for (const auto& span : spans) CHECK(threads.at({span["pid"], span["tid"]}) == span["cat"]);
  CHECK(threads.size() == 6);
}

TEST_CASE("overlap is what computing hid of the fetches") {
  StreamMeasure stream;
  CHECK(stream.overlap() == 1);
  stream.fetching_seconds = 2, stream.exposed_seconds = 0.5;
  CHECK(stream.overlap() == Approx(0.75));
  stream.exposed_seconds = 3;
  CHECK(stream.overlap() == 0);
}
