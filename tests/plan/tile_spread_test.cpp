// Who makes which tile.
#include "plan/tile_spread.h"

#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

using kinema::plan::spread_tiles;
using kinema::plan::TileGrid;

namespace {

std::vector<int64_t> loads(const TileGrid& grid, int ranks) {
  const auto owner = spread_tiles(grid, ranks);
  REQUIRE(owner.size() == grid.tiles().size());
  std::vector<int64_t> load(static_cast<size_t>(ranks), 0);
  for (size_t i = 0; i < owner.size(); ++i) {
    load.at(static_cast<size_t>(owner[i])) += grid.tiles()[i].workload();
  }
  return load;
}

}  // namespace

TEST_CASE("every tile is made once and no rank has a whole tile more than it must") {
  const auto grid = TileGrid::for_decode(30, 53, {256, 192}, 16);  // 480p: 3 x 5 tiles
  int64_t total = 0, largest = 0;
  for (const auto& tile : grid.tiles()) {
    total += tile.workload();
    largest = std::max(largest, tile.workload());
  }
  for (int ranks : {1, 2, 3, 4, 8}) {
    const auto load = loads(grid, ranks);
    CHECK(std::accumulate(load.begin(), load.end(), int64_t{0}) == total);
    CHECK(*std::max_element(load.begin(), load.end()) <= total / ranks + largest);
  }
}

TEST_CASE(
    "of equal tiles the first rank, which also puts them together, gets no more than others") {
  const auto load = loads(TileGrid::for_decode(8, 8, {64, 64}, 16), 3);  // 2 x 2 tiles
  CHECK(load[0] == *std::min_element(load.begin(), load.end()));
  CHECK(load[0] < *std::max_element(load.begin(), load.end()));
}

TEST_CASE("ranks beyond the tiles get none") {
  const auto grid = TileGrid::for_decode(4, 7, {64, 48}, 16);
  const auto load = loads(grid, static_cast<int>(grid.tiles().size()) + 2);
  CHECK(std::count(load.begin(), load.end(), 0) == 2);
}
