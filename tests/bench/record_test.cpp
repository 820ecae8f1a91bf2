// Results come back from their files as they went in, and metrics are read as they are written.
#include "bench/record.h"

#include <catch2/catch.hpp>

#include "bench/samples.h"

using namespace kinema;
using namespace kinema::bench;
using kinema::test::message_of;

TEST_CASE("a result comes back whole") {
  auto cell = test::done_cell("abc", 2, {1.0, 1.2, 1.1});
  cell.versions = {{"kinema", "0.1.0"}};
  const auto text = cell_json(cell).dump();
  const auto back = cell_of_json(OrderedJson::parse(text), "x.json");
  CHECK(cell_json(back).dump() == text);
  CHECK(back.seconds().median == Approx(1.1));
  CHECK(back.stage("decode").max == Approx(0.12));
  CHECK(back.all_steps().size() == 9);
  CHECK(back.peak_bytes() == 1'500'000'000);
  CHECK(back.layout() == "ulysses2");
  CHECK(back.setting("num_gpus") == "2");
  CHECK(back.setting("offload") == "none");
  CHECK(back.setting("seed").empty());
}

TEST_CASE("layouts have short names") {
  Cell cell;
  CHECK(cell.layout() == "one");
  cell.plan = {{"ranks", 4},  {"cfg", 2},        {"ulysses", 1},        {"ring", 1},
               {"tensor", 1}, {"hsdp_shard", 4}, {"hsdp_replicate", 1}, {"vae_patch", 4}};
  cell.job = {{"offload", "block"}};
  CHECK(cell.layout() == "cfg2 hsdp4 vae4 offload-block");
}

TEST_CASE("metrics become a run") {
  const auto metrics = OrderedJson::parse(R"({
    "model": {"name": "M"}, "machine": null, "plan": {"ranks": 2},
    "stages": {"load": {"seconds": 0.5}, "denoise": {"seconds": 2.0, "step_seconds": [0.9, 1.1]},
               "decode": {"seconds": 0.25, "step_seconds": [0.1]}},
    "ranks": [{"stages": {"load": {"peak_host_bytes": 5}, "denoise": {"peak_host_bytes": 9}}},
              {"stages": {"load": {"peak_host_bytes": 50, "peak_reserved_bytes": 7}}}]})");
  const auto run = run_of_metrics(metrics, 3.0);
  CHECK(run.stages == std::vector<std::pair<std::string, double>>{
                          {"start", 0.25}, {"load", 0.5}, {"denoise", 2.0}, {"decode", 0.25}});
  CHECK(run.step_seconds == std::vector<double>{0.9, 1.1});
  CHECK(run.peak_bytes == std::vector<uint64_t>{9, 7});
  Cell cell;
  cell.machine = {{"cpu", "c"}};
  describe(metrics, cell);
  CHECK(cell.ranks() == 2);
  CHECK(cell.model["name"] == "M");
  CHECK(cell.machine["cpu"] == "c");  // null says nothing
}

TEST_CASE("files that are no results are refused by name") {
  CHECK(message_of([] {
          cell_of_json({{"schema", 1}}, "x.json");
        }).starts_with("error: x.json: not a result of kinema bench"));
  CHECK(message_of([] {
          cell_of_json({{"schema", 2}, {"cell", "a"}, {"state", "done"}}, "x.json");
        }).find("another version") != std::string::npos);
  CHECK(message_of([] {
          cell_of_json({{"schema", 1}, {"cell", "a"}, {"state", "done"}}, "x.json");
        }).find("holds no run") != std::string::npos);
}
