// Speed-ups against the right cell, and the same figures in every format.
#include "bench/table.h"

#include <catch2/catch.hpp>

#include "bench/samples.h"

using namespace kinema;
using namespace kinema::bench;
using kinema::test::message_of;

namespace {

Results sample() {
  Results results{"layouts", {}};
  results.cells = {test::done_cell("four", 4, {3.0, 3.1, 2.9}), test::done_cell("one", 1, {10.0}),
                   test::done_cell("two", 2, {6.0, 5.0}),
                   test::failed_cell("bad", "line one\nline, \"two\"")};
  return results;
}

}  // namespace

TEST_CASE("speed-up and efficiency are against the fewest ranks") {
  const auto results = sample();
  const auto table = make_table(results, {{"num_gpus"}, {}});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0].cell->id == "one");  // ordered as numbers by the group
  CHECK(table.rows[0].speed_up == Approx(1));
  CHECK(table.rows[1].speed_up == Approx(10 / 5.5));
  CHECK(table.rows[2].speed_up == Approx(10 / 3.0));
  CHECK(table.rows[2].efficiency == Approx(10 / 3.0 / 4));
  CHECK(table.stages == std::vector<std::string>{"denoise", "decode"});
  CHECK(table.others.size() == 1);
}

TEST_CASE("a baseline can be named, and work that differs has its own") {
  auto results = sample();
  const auto named = make_table(results, {{}, {{"ulysses_degree", "2"}}});
  CHECK(named.rows[0].cell->id == "four");  // in the results' order
  CHECK(named.rows[0].speed_up == Approx(5.5 / 3));
  CHECK(named.rows[0].efficiency == Approx(5.5 / 3 / 2));
  results.cells[0].job["width"] = 128;
  CHECK(make_table(results, {}).rows[0].speed_up == Approx(1));
  CHECK_FALSE(make_table(results, {{}, {{"ulysses_degree", "2"}}}).rows[0].speed_up);
  CHECK(message_of([&] {
          make_table(results, {{}, {{"ring_degree", "2"}}});
        }) == "error: --baseline ring_degree=2: no finished cell has that setting\n");
}

TEST_CASE("Markdown lines up and lists what was not measured") {
  const auto results = sample();
  const auto text = markdown(make_table(results, {}));
  CHECK(text.find("| ulysses_degree=2 | ulysses2 |     2 |   2 |    5.500 [5.000-6.000] ! |") !=
        std::string::npos);
  CHECK(text.find("! spread above 5 %") != std::string::npos);
  CHECK(text.find("- bad: failed: line one line, \"two\" (exit code 6)") != std::string::npos);
}

TEST_CASE("CSV has every cell with as many fields as its head") {
  const auto results = sample();
  const auto text = csv(make_table(results, {}));
  CHECK(
      text.starts_with("cell,label,state,layout,ranks,n,seconds,seconds_min,seconds_max,"
                       "denoise_seconds,decode_seconds,step_seconds,speed_up,efficiency,"
                       "peak_bytes,reason\nfour,ulysses_degree=4,done,ulysses4,4,3,3.0,2.9,3.1,"));
  CHECK(text.ends_with("bad,bad,failed,,,,,,,,,,,,,\"line one\nline, \"\"two\"\"\"\n"));
}

TEST_CASE("JSON has every figure") {
  const auto results = sample();
  const auto json = table_json(make_table(results, {}));
  REQUIRE(json["cells"].size() == 4);
  CHECK(json["cells"][0]["summary"]["seconds"]["median"] == 3.0);
  CHECK(json["cells"][0]["speed_up"].get<double>() == Approx(10 / 3.0));
  CHECK(json["cells"][3]["reason"] == "line one\nline, \"two\"");
}
