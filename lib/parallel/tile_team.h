// Tiles of one picture or video made by several ranks and collected by the first.
#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "plan/tiles.h"

namespace kinema::parallel {

// Makes tile `index` of the grid.
using MakeTile = std::function<at::Tensor(int64_t index)>;
// Takes tile `index`; called on the first rank only, in raster order.
using TakeTile = std::function<void(int64_t index, at::Tensor tile)>;

// Every rank of `comm` makes its share (plan::spread_tiles) and sends it to the first as it is
// finished. All tiles are [1, channels, frames, after_height, after_width] in `options`. No rank
// but the first gets any.
void make_tiles(const plan::TileGrid& grid,
                comm::Communicator& comm,
                int64_t channels,
                int64_t frames,
                at::TensorOptions options,
                const MakeTile& make,
                const TakeTile& take);

}  // namespace kinema::parallel
