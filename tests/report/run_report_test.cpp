// The metrics put the measured peak beside the plan's.
#include "report/run_report.h"

#include <catch2/catch.hpp>

#include "report/rank_exchange.h"
#include "report/style.h"
#include "report/version.h"

using namespace kinema;
using namespace kinema::report;

namespace {

RunReport example() {
  RunReport report;
  report.planned =
      Json::parse(R"({"job": {"seed": 7}, "plan": {"ranks": 2}, "model": {"variant": "480p_t2v"},
                                   "stages": {"denoise": {"peak_bytes": 1000,
                                                          "weights_bytes": 600}}})");
  report.versions = build_facts();
  report.seed = 7;
  report.frames = 9;
  report.seconds = 3.5;
  report.output = "fox.mp4";
  RankReport rank;
  StageMeasure load, denoise;
  load.stage = "load", load.seconds = 0.5, load.peak_host_bytes = 300;
  denoise.stage = "denoise", denoise.seconds = 2.5, denoise.step_seconds = {1.5, 1.0};
  denoise.peak_host_bytes = 900, denoise.bytes_read = 77;
  rank.stages = {load, denoise};
  rank.stages[1].bytes_sent = {{"ulysses", 1000}};
  rank.stages[1].step_bytes_sent = {{"ulysses", {400, 600}}};
  rank.bytes_sent = {{"ulysses", 1024}};
  report.ranks = {rank, rank};
  report.ranks[1].rank = 1;
  report.ranks[1].stages[1].peak_reserved_bytes = 2000;
  return report;
}

}  // namespace

TEST_CASE("what was expected of a stream stands beside what came") {
  auto report = example();
  report.planned["predicted"]["stream"] = {{"units", 54}, {"exposed_seconds", 0.5}};
  StreamMeasure stream;
  stream.units = 54, stream.fetching_seconds = 4, stream.exposed_seconds = 1;
  stream.blocks = {0, 1}, stream.block_exposed_seconds = {0.75, 0.25};
  report.ranks[0].stages[1].streams["transformer"] = stream;
  const auto json = metrics_json(report)["stages"]["denoise"]["streams"]["transformer"];
  CHECK(json["planned"]["exposed_seconds"] == 0.5);
  CHECK(json["overlap"] == Approx(0.75));
  CHECK(json["block_exposed_seconds"].size() == 2);
  CHECK(metrics_json(report)["predicted"]["stream"]["units"] == 54);
}

TEST_CASE("what operations between ranks took travels to the first rank and into the metrics") {
  auto report = example();
  report.ranks[1].stages[1].communication["ring/0"] = {216, 4.0, 1.0};
  report.ranks[1] = unpacked(packed(report.ranks[1]));
  const auto json = metrics_json(report);
  const auto time = json["ranks"][1]["stages"]["denoise"]["communication"]["ring/0"];
  CHECK(time["operations"] == 216);
  CHECK(time["seconds"] == 4.0);
  CHECK(time["exposed_seconds"] == 1.0);
  CHECK(time["overlap"] == Approx(0.75));
  CHECK_FALSE(json["stages"]["denoise"].contains("communication"));
}

TEST_CASE("metrics") {
  const auto json = metrics_json(example());
  CHECK(json["schema"] == 1);
  CHECK(json["job"]["seed"] == 7);
  CHECK(json["stages"]["denoise"]["peak_host_bytes"] == 900);
  CHECK(json["stages"]["denoise"]["planned"]["weights_bytes"] == 600);
  CHECK(json["stages"]["denoise"]["measured_to_planned"] == Approx(0.9));
  CHECK(json["stages"]["denoise"]["step_seconds"].size() == 2);
  CHECK(json["stages"]["denoise"]["bytes_read"] == 77);
  CHECK_FALSE(json["stages"]["load"].contains("planned"));
  CHECK(json["ranks"].size() == 2);
  CHECK(json["ranks"][1]["stages"]["denoise"]["measured_to_planned"] == Approx(2.0));
  CHECK(json["ranks"][0]["bytes_sent"]["ulysses"] == 1024);
  CHECK(json["stages"]["denoise"]["bytes_sent"]["ulysses"] == 1000);
  CHECK(json["stages"]["denoise"]["step_bytes_sent"]["ulysses"] ==
        OrderedJson::parse("[400, 600]"));
  CHECK_FALSE(json["stages"]["load"].contains("bytes_sent"));
  CHECK(json["versions"]["kinema"] == version());
}

TEST_CASE("the result is one object") {
  const auto json = result_json(example());
  CHECK(json["output"] == "fox.mp4");
  CHECK(json["seconds"]["denoise"] == 2.5);
  CHECK(json["seconds"]["total"] == 3.5);
  CHECK(json["peak_bytes"] == OrderedJson::parse("[900, 2000]"));
  CHECK(json["plan"]["ranks"] == 2);
}

TEST_CASE("colour") {
  using config::ColorMode;
  CHECK(use_color(ColorMode::kAuto, true));
  CHECK_FALSE(use_color(ColorMode::kAuto, false));
  CHECK(use_color(ColorMode::kAlways, false));
  CHECK_FALSE(use_color(ColorMode::kNever, true));
  const Error error(ErrorKind::kUsage, "one\nhint: do this\ntwo", "do that");
  CHECK(error_text(error, false) == "error: one\n  hint: do this\nerror: two\n  hint: do that\n");
  CHECK(error_text(error, true) ==
        "\x1b[1;31merror:\x1b[0m one\n\x1b[36m  hint:\x1b[0m do this\n\x1b[1;31merror:\x1b[0m "
        "two\n\x1b[36m  hint:\x1b[0m do "
        "that\n");
}
