// Blending against the reference's loop over whole tiles.
#include "models/tile_blend.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"

namespace kinema::models {
namespace {

constexpr int64_t kHeight = 3, kWidth = 4;  // dimensions

std::vector<at::Tensor> random_tiles(const plan::TileGrid& grid) {
  std::vector<at::Tensor> tiles;
  for (const auto& tile : grid.tiles()) {
    tiles.push_back(at::randn({1, 3, 2, tile.after_height, tile.after_width}));
  }
  return tiles;
}

// diffusers' blend_v and blend_h, value by value along `dim`.
void blend(const at::Tensor& a, const at::Tensor& b, int64_t extent, int64_t dim) {
  extent = std::min({a.size(dim), b.size(dim), extent});
  for (int64_t i = 0; i < extent; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(extent);
    auto own = b.select(dim, i);
    own.copy_(a.select(dim, a.size(dim) - extent + i) * (1 - share) + own * share);
  }
}

// diffusers' way: all tiles are there, blended in raster order, cropped and joined.
at::Tensor joined(const plan::TileGrid& grid,
                  std::vector<at::Tensor> tiles,
                  int64_t extent,
                  int64_t limit) {
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < grid.rows(); ++i) {
    std::vector<at::Tensor> row;
    for (int64_t j = 0; j < grid.columns(); ++j) {
      auto& tile = tiles[i * grid.columns() + j];
      if (i > 0) blend(tiles[(i - 1) * grid.columns() + j], tile, extent, kHeight);
      if (j > 0) blend(tiles[i * grid.columns() + j - 1], tile, extent, kWidth);
      row.push_back(tile.slice(kHeight, 0, limit).slice(kWidth, 0, limit));
    }
    rows.push_back(at::cat(row, kWidth));
  }
  return at::cat(rows, kHeight);
}

at::Tensor blended(const plan::TileGrid& grid,
                   const std::vector<at::Tensor>& tiles,
                   const std::vector<int64_t>& order) {
  auto result = at::full({1, 3, 2, grid.height(), grid.width()}, NAN);
  TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    result.narrow(kHeight, where.top, where.height)
        .narrow(kWidth, where.left, where.width)
        .copy_(piece);
  });
  for (const int64_t index : order) {
    CHECK_FALSE(blender.finished());
    blender.add(index, tiles[index].clone());
  }
  CHECK(blender.finished());
  return result;
}

}  // namespace

TEST_CASE("tiles in any order are blended as the reference blends them", "[tiles]") {
  std::mt19937 random(1);
  for (const auto& [height, width] :
       {std::pair<int64_t, int64_t>{9, 13}, {5, 4}, {2, 10}, {10, 3}}) {
    const auto grid = plan::TileGrid::for_decode(height, width, {64, 48}, 16);
    const auto tiles = random_tiles(grid);
    std::vector<at::Tensor> copies;
    for (const auto& tile : tiles) copies.push_back(tile.clone());
    const auto want = joined(grid, copies, 16, 48);
    std::vector<int64_t> order(tiles.size());
    std::iota(order.begin(), order.end(), 0);
    for (int round = 0; round < 4; ++round) {
      CHECK(at::equal(blended(grid, tiles, order), want));
      std::shuffle(order.begin(), order.end(), random);
    }
  }
}

TEST_CASE("tiles without overlap are placed as they are", "[tiles]") {
  const auto grid = plan::TileGrid::for_decode(5, 4, {32, 32}, 16);
  const auto tiles = random_tiles(grid);
  CHECK(at::equal(blended(grid, tiles, {5, 4, 3, 2, 1, 0}), joined(grid, tiles, 0, 32)));
}

TEST_CASE("a tile of another size and one that comes twice are our own mistakes", "[tiles]") {
  const auto grid = plan::TileGrid::for_decode(9, 9, {64, 48}, 16);
  TileBlender blender(grid, [](const at::Tensor&, const plan::Rect&) {});
  CHECK_THROWS_AS(blender.add(0, at::zeros({1, 3, 2, 16, 16})), Error);
  blender.add(1, at::zeros({1, 3, 2, 64, 64}));
  CHECK_THROWS_AS(blender.add(1, at::zeros({1, 3, 2, 64, 64})), Error);
}

}  // namespace kinema::models
