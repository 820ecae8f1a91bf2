// Which rank makes which tile.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/tiles.h"

namespace kinema::plan {

// For each tile of the grid the rank (0 to ranks - 1) that makes it: the largest tile left goes to
// the least loaded rank. Rank 0, which also puts the tiles together, gets nothing more where loads
// are equal.
std::vector<int> spread_tiles(const TileGrid& grid, int ranks);

}  // namespace kinema::plan
