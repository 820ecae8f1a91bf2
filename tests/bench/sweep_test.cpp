// Sweeps become the cells that their file means, and faults in the file are named with their line.
#include "bench/sweep.h"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "bench/samples.h"
#include "bench/sweep_script.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::bench;
using kinema::test::message_of;

namespace {

class Files {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<SweepCell> cells(const std::string& text) {
    return sweep_cells(read_sweep(write("sweep.json", text)));
  }
  std::string fault(const std::string& text) {
    const auto place = folder_.path().string() + "/";
    auto message = message_of([&] { cells(text); });
    for (auto at = message.find(place); at != std::string::npos; at = message.find(place))
      message.erase(at, place.size());
    return message;
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  test::TempFolder folder_;
};

}  // namespace

TEST_CASE("the product of the axes, with computed values and exclusions") {
  Files files;
  files.write("base.json", R"({"num_frames": 9, "ring_degree": 1})");
  const auto cells = files.cells(R"({ "schema": 1, "name": "usp", "base": "base.json",
    "matrix": { "ulysses_degree": [1, 2, 4], "cfg_parallel_size": [1, 2],
                "vae_patch_parallel_size": ["=num_gpus"] },
    "set": { "num_gpus": "=ulysses_degree*cfg_parallel_size*ring_degree" },
    "exclude": [{ "num_gpus": 8 }] })");
  REQUIRE(cells.size() == 6);
  CHECK(cells[0].label == "ulysses_degree=1 cfg_parallel_size=1");
  CHECK(cells[3].label == "ulysses_degree=2 cfg_parallel_size=2");
  CHECK(cells[3].settings["num_gpus"] == 4);
  CHECK(cells[3].settings["vae_patch_parallel_size"] == 4);
  CHECK(cells[3].excluded.empty());
  CHECK(cells[5].excluded == "num_gpus=8");
  std::set<std::string> ids;
  for (const auto& cell : cells) ids.insert(cell.id);
  CHECK(ids.size() == 6);
}

TEST_CASE("filters, patterns with expressions, and cells beside the matrix") {
  Files files;
  const auto cells = files.cells(R"({ "matrix": { "ulysses_degree": [1, 2], "ring_degree": [1, 2] },
    "set": { "num_gpus": 2, "offload": "none" },
    "where": "ulysses_degree * ring_degree == num_gpus",
    "exclude": [{ "ring_degree": "=num_gpus", "offload": "none" }],
    "include": [{ "use_hsdp": true, "num_gpus": 1 }, { "ulysses_degree": 2, "ring_degree": 1 }] })");
  REQUIRE(cells.size() == 5);  // the second cell beside the matrix is in it already
  CHECK(cells[0].excluded == "not ulysses_degree * ring_degree == num_gpus");
  CHECK(cells[1].excluded == "ring_degree=2 offload=none");
  CHECK(cells[2].excluded.empty());
  CHECK(cells[4].label == "use_hsdp=true num_gpus=1");
  CHECK(cells[4].settings["num_gpus"] == 1);
}

TEST_CASE("ids tell measurements apart and do not depend on places or on the order of keys") {
  Files here, there;
  const std::string sweep = R"({"base": "b.json", "matrix": {"ulysses_degree": [2], "seed": [1]}})";
  here.write("b.json", R"({"seed": 5, "width": 64})");
  there.write("b.json", R"({"width": 64, "seed": 5})");
  const auto id = here.cells(sweep).at(0).id;
  CHECK(id.size() == 12);
  CHECK(there.cells(sweep).at(0).id == id);
  CHECK(here.cells(R"({"base": "b.json", "matrix": {"seed": [1], "ulysses_degree": [2]}})")
            .at(0)
            .id == id);
  CHECK(
      here.cells(R"({"base": "b.json", "runs": 5, "matrix": {"seed": [1], "ulysses_degree": [2]}})")
          .at(0)
          .id != id);
  there.write("b.json", R"({"width": 96, "seed": 5})");
  CHECK(there.cells(sweep).at(0).id != id);
}

TEST_CASE("words of a command line, paths beside the file") {
  Files files;
  files.write("job.json", "{}");
  const auto file = files.write("s.json", R"({ "base": "job.json", "warmup": 0, "runs": 2,
    "matrix": { "use_hsdp": [true, false] }, "set": { "prompt": "it's rain", "image": "a.png" } })");
  const auto sweep = read_sweep(file);
  const auto cells = sweep_cells(sweep);
  const auto folder = files.folder().string();
  CHECK(bench_words(sweep, cells.at(1)) ==
        std::vector<std::string>{"--config=" + folder + "/job.json", "--warmup=0", "--runs=2",
                                 "--label=use_hsdp=false", "--no-use-hsdp", "--prompt=it's rain",
                                 "--image=" + folder + "/a.png"});
  auto together = sweep;
  together.repetitions.processes = Processes::kOneForAll;
  CHECK(bench_words(together, cells.at(1)).at(3) == "--one-load");
  CHECK(sweep_cells(together).at(1).id != cells.at(1).id);
  const auto script = sweep_script(sweep, cells, "/usr/bin/kinema", "my results");
  CHECK(script.find("'--prompt=it'\\''s rain'") != std::string::npos);
  CHECK(script.find("${1:-'my results'}") != std::string::npos);
}

TEST_CASE("faults are named together, with their lines") {
  Files files;
  CHECK(files.fault(R"({"one_load": 1})") ==
        "error: \"one_load\" must be true or false (sweep.json:1, /one_load)\n");
  CHECK(files.fault("{\n\"matrx\": {}}") ==
        "error: unknown key \"matrx\" (sweep.json:2, /matrx)\n  hint: did you mean matrix?\n");
  CHECK(files.fault(R"({ "runs": 0,
    "matrix": { "ulysses_degre": [1], "ring_degree": [],
                "seed": ["x"] },
    "set": { "seed": 3 }, "where": [3] })") ==
        "error: \"runs\" must be a whole number of at least 1 (sweep.json:1, /runs)\n"
        "error: \"where\" must be an expression or a list of them, not 3 (sweep.json:4, /where)\n"
        "error: unknown key \"ulysses_degre\" (sweep.json:2, /matrix/ulysses_degre/0)\n"
        "  hint: did you mean ulysses_degree?\n"
        "error: \"ring_degree\" must be a list of at least one value (sweep.json:2, "
        "/matrix/ring_degree)\n"
        "error: \"seed\" must be a whole number from 0 to 2^64-1, not \"x\" (sweep.json:3, "
        "/matrix/seed/0)\n"
        "error: \"seed\" is set and an axis of the matrix as well (sweep.json:4, /set/seed)\n");
  CHECK(files.fault("{,}").find("sweep.json:1:2") != std::string::npos);
  CHECK(files.fault(R"({"matrix": {"seed": ["=seed+1"]}})")
            .find("the expression of seed asks for itself") != std::string::npos);
  CHECK(files.fault(R"({"matrix": {"seed": ["=color"]}})").find("\"=color\" of seed is \"auto\"") !=
        std::string::npos);
  CHECK(files.fault(R"({"matrix": {"seed": ["=width"]}})").find("width, which has no value") !=
        std::string::npos);
  CHECK(
      files.fault(R"({"matrix": {"seed": [1]}, "where": "seed"})").find("neither true nor false") !=
      std::string::npos);
  CHECK(files.fault(R"({"base": "none.json"})").find("none.json: no such configuration file") !=
        std::string::npos);
}
