// A folder gives every cell of its sweep, in the sweep's order, with its result or its reason.
#include "bench/results.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "bench/samples.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::bench;
using kinema::test::message_of;

namespace {

void write(const std::filesystem::path& path, const OrderedJson& json) {
  std::ofstream(path) << json.dump();
}

}  // namespace

TEST_CASE("every cell of a sweep is there with its result or its reason") {
  const test::TempFolder folder;
  Sweep sweep;
  sweep.name = "layouts";
  const std::vector<SweepCell> cells = {{"d", "four", {}, ""},
                                        {"c", "three", {}, "excluded: num_gpus=8"},
                                        {"b", "two", {}, ""},
                                        {"a", "one", {}, ""}};
  write(folder / "sweep.json", sweep_listing(sweep, cells));
  write(done_file(folder.path(), "a"), cell_json(test::done_cell("a", 1, {1.0})));
  write(failed_file(folder.path(), "a"), cell_json(test::failed_cell("a", "an earlier attempt")));
  write(failed_file(folder.path(), "b"), cell_json(test::failed_cell("b", "rank 1 was killed")));
  write(done_file(folder.path(), "z"), cell_json(test::done_cell("z", 2, {1.0})));
  write(folder / "other.json", {{"something", "else"}});

  const auto results = read_results({folder.path()});
  CHECK(results.title == "layouts");
  REQUIRE(results.cells.size() == 5);
  CHECK(results.cells[0].state == CellState::kMissing);
  CHECK(results.cells[1].state == CellState::kExcluded);
  CHECK(results.cells[1].reason == "excluded: num_gpus=8");
  CHECK(results.cells[2].state == CellState::kFailed);
  CHECK(results.cells[2].reason == "rank 1 was killed");
  CHECK(results.cells[3].state == CellState::kDone);
  CHECK(results.cells[4].id == "z");
}

TEST_CASE("single files are results or metrics, or refused") {
  const test::TempFolder folder;
  write(folder / "run.json",
        {{"seconds", 2.0},
         {"stages", {{"denoise", {{"seconds", 1.5}}}}},
         {"ranks", OrderedJson::array({{{"stages", OrderedJson::object()}}})}});
  const auto results = read_results({folder / "run.json"});
  CHECK(results.cells.at(0).label == "run");
  CHECK(results.cells.at(0).seconds().median == 2.0);
  write(folder / "x.json", {{"a", 1}});
  CHECK(message_of([&] { read_results({folder / "x.json"}); }).find("neither a result") !=
        std::string::npos);
  CHECK(message_of([&] { read_results({folder / "y.json"}); }).find("no such file or folder") !=
        std::string::npos);
  std::ofstream(folder / "broken.json") << "{";
  CHECK(message_of([&] { read_results({folder / "broken.json"}); }).find("broken.json:1") !=
        std::string::npos);
}
