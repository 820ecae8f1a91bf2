// Progress in each style, on a clock that the test moves.
#include "report/progress.h"

#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "base/json.h"
#include "report/stage_clock.h"

using namespace kinema;
using namespace kinema::report;
using config::ProgressStyle;

namespace {

struct Scene {
  std::ostringstream out;
  double now = 0;

  std::unique_ptr<Progress> progress(ProgressStyle style, bool terminal = false, int columns = 80) {
    return make_progress(
        style, "fox-7",
        {out, terminal, columns, [this] { return now; }, [] { return "12:04:31"; }});
  }

  // Four seconds a step, ten steps, one stage before it.
  void play(Progress& progress) {
    progress.stage_began("encode_text", 0);
    now += 2;
    progress.stage_ended({2.0, 0, 0});
    progress.stage_began("denoise", 10);
    for (int64_t step = 1; step <= 10; ++step) {
      now += 4;
      progress.step_ended(step, 10);
    }
    progress.stage_ended({40.0, 1'500'000'000, 0});
  }
};

}  // namespace

TEST_CASE("plain lines: one a stage and one every ten seconds") {
  Scene scene;
  auto progress = scene.progress(ProgressStyle::kAuto);
  scene.play(*progress);
  CHECK(scene.out.str() ==
        "12:04:31 fox-7 encode_text done in 2.00 s\n"
        "12:04:31 fox-7 denoise 3/10  4.00 s/step  eta 28 s\n"
        "12:04:31 fox-7 denoise 6/10  4.00 s/step  eta 16 s\n"
        "12:04:31 fox-7 denoise 9/10  4.00 s/step  eta 4.00 s\n"
        "12:04:31 fox-7 denoise done in 40 s  4.00 s/step  peak 1.50 GB\n");
}

TEST_CASE("the bar draws over itself and leaves one line a stage") {
  Scene scene;
  {
    auto progress = scene.progress(ProgressStyle::kAuto, true);
    scene.play(*progress);
  }
  const auto text = scene.out.str();
  CHECK(text.find("\r\x1b[K[############............] denoise 5/10  4.00 s/step  eta 20 s") !=
        std::string::npos);
  CHECK(text.find("\r\x1b[Kencode_text        2.00 s\n") != std::string::npos);
  CHECK(text.ends_with("\r\x1b[Kdenoise              40 s\n"));
}

TEST_CASE("the bar never fills the terminal's width") {
  const int columns = GENERATE(1, 2, 6, 8, 12, 20, 40, 60, 80);
  CAPTURE(columns);
  Scene scene;
  auto progress = scene.progress(ProgressStyle::kBar, true, columns);
  scene.play(*progress);
  std::istringstream pieces(scene.out.str());
  for (std::string piece; std::getline(pieces, piece, '\r');) {
    const auto visible =
        piece.find('\n') == std::string::npos && piece.starts_with("\x1b[K") ? piece.substr(3) : "";
    CHECK(static_cast<int>(visible.size()) <= std::max(columns - 1, 1));
  }
}

TEST_CASE(
    "where not all has room the counts stay, then the time left, then a step's, then the bar") {
  // At 5 of 10 steps.
  const auto [columns, shown] = GENERATE(table<int, std::string>(
      {{80, "[############............] denoise 5/10  4.00 s/step  eta 20 s"},
       {52, "[######.......] denoise 5/10  4.00 s/step  eta 20 s"},
       {45, "[###...] denoise 5/10  4.00 s/step  eta 20 s"},
       {44, "denoise 5/10  4.00 s/step  eta 20 s"},
       {36, "denoise 5/10  4.00 s/step  eta 20 s"},
       {35, "[####.....] denoise 5/10  eta 20 s"},
       {20, "denoise 5/10"},
       {13, "denoise 5/10"},
       {12, "denois 5/10"},
       {7, "d 5/10"},
       {6, "5/10"},
       {5, "5/10"}}));
  CAPTURE(columns);
  Scene scene;
  auto progress = scene.progress(ProgressStyle::kBar, true, columns);
  scene.play(*progress);
  CHECK(scene.out.str().find("\r\x1b[K" + shown + "\r") != std::string::npos);
}

TEST_CASE("JSON events: one object a line") {
  Scene scene;
  auto progress = scene.progress(ProgressStyle::kJson);
  scene.play(*progress);
  std::istringstream lines(scene.out.str());
  std::vector<Json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(Json::parse(line));
  REQUIRE(events.size() == 14);
  CHECK(events[0] == Json::parse(R"({"t": 0.0, "job": "fox-7", "stage": "encode_text"})"));
  CHECK(events[2] ==
        Json::parse(R"({"t": 2.0, "job": "fox-7", "stage": "denoise", "step": 0, "of": 10})"));
  CHECK(events[7] ==
        Json::parse(R"({"t": 22.0, "job": "fox-7", "stage": "denoise", "step": 5, "of": 10,
                                     "step_seconds": 4.0, "eta_seconds": 20.0})"));
  CHECK(events[13]["peak_host_bytes"] == 1'500'000'000);
}

TEST_CASE("none says nothing") {
  Scene scene;
  auto progress = scene.progress(ProgressStyle::kNone, true);
  scene.play(*progress);
  CHECK(scene.out.str().empty());
}

TEST_CASE("a slow first step is forgotten") {
  StageClock clock("denoise", 100, 0);
  clock.step_ended(1, 60);
  CHECK(clock.eta_seconds() == Approx(60.0 * 99));
  for (int64_t step = 2; step <= 20; ++step)
    clock.step_ended(step, 60 + static_cast<double>(step - 1));
  CHECK(clock.step_seconds() == Approx(1.0));
  CHECK(clock.text() == "denoise 20/100  1.00 s/step  eta 1 min 20 s");
}

TEST_CASE("durations read well") {
  CHECK(duration_text(0.004) == "0.00 s");
  CHECK(duration_text(9.994) == "9.99 s");
  CHECK(duration_text(9.996) == "10 s");
  CHECK(duration_text(59.6) == "1 min 0 s");
  CHECK(duration_text(7530) == "2 h 5 min");
}
