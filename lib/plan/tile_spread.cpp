// Longest processing time first.
#include "plan/tile_spread.h"

#include <algorithm>
#include <numeric>

namespace kinema::plan {

std::vector<int> spread_tiles(const TileGrid& grid, int ranks) {
  const auto& tiles = grid.tiles();
  std::vector<size_t> order(tiles.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return tiles[a].workload() > tiles[b].workload(); });
  std::vector<int64_t> load(static_cast<size_t>(ranks), 0);
  std::vector<int> owner(tiles.size());
  for (size_t tile : order) {
    // From the back, so that of equally loaded ranks the first is taken last.
    auto least = std::min_element(load.rbegin(), load.rend());
    *least += tiles[tile].workload();
    owner[tile] = static_cast<int>(load.rend() - least) - 1;
  }
  return owner;
}

}  // namespace kinema::plan
