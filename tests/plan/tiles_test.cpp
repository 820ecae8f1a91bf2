// The grid of tiles against the reference's loop, and what must hold for every size.
#include "plan/tiles.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace kinema::plan {
namespace {

constexpr int64_t kRatio = 16;

// Every pixel of the result is filled by exactly one tile, and tiles overlap by what is blended.
void check_cover(const TileGrid& grid) {
  std::vector<int> filled(grid.height() * grid.width());
  for (const auto& tile : grid.tiles()) {
    REQUIRE(tile.placed.height <= tile.after_height);
    REQUIRE(tile.placed.width <= tile.after_width);
    for (int64_t y = 0; y < tile.placed.height; ++y) {
      for (int64_t x = 0; x < tile.placed.width; ++x) {
        ++filled.at((tile.placed.top + y) * grid.width() + tile.placed.left + x);
      }
    }
  }
  REQUIRE(std::all_of(filled.begin(), filled.end(), [](int times) { return times == 1; }));
}

}  // namespace

TEST_CASE("480p latents make the reference's 3 x 5 tiles", "[tiles]") {
  const auto grid = TileGrid::for_decode(30, 53, {}, kRatio);
  REQUIRE(grid.rows() == 3);
  REQUIRE(grid.columns() == 5);
  REQUIRE(grid.height() == 480);
  REQUIRE(grid.width() == 848);
  const auto& corner = grid.at(2, 4);
  REQUIRE(corner.before == Rect{24, 48, 6, 5});
  REQUIRE(corner.placed == Rect{384, 768, 96, 80});
  REQUIRE(corner.blend_above == 64);
  REQUIRE(corner.blend_left == 64);
  REQUIRE(grid.at(0, 0).before == Rect{0, 0, 16, 16});
  REQUIRE(grid.at(0, 0).placed == Rect{0, 0, 192, 192});
  REQUIRE(grid.at(0, 0).blend_above == 0);
  REQUIRE(grid.at(0, 3).blend_left == 64);
}

TEST_CASE("720p latents make 4 x 7 tiles", "[tiles]") {
  const auto grid = TileGrid::for_decode(45, 80, {}, kRatio);
  REQUIRE(grid.rows() == 4);
  REQUIRE(grid.columns() == 7);
}

TEST_CASE("a last tile smaller than the overlap blends what it has", "[tiles]") {
  const auto grid = TileGrid::for_decode(13, 25, {}, kRatio);  // the last column is one latent wide
  REQUIRE(grid.columns() == 3);
  REQUIRE(grid.at(0, 2).before == Rect{0, 24, 13, 1});
  REQUIRE(grid.at(0, 2).blend_left == 16);
  REQUIRE(grid.at(1, 0).before == Rect{12, 0, 1, 16});
}

TEST_CASE("an input that fits into one tile is not cut", "[tiles]") {
  const auto grid = TileGrid::for_decode(16, 14, {}, kRatio);
  REQUIRE(grid.tiles().size() == 1);
  REQUIRE(grid.at(0, 0).before == Rect{0, 0, 16, 14});
  REQUIRE(grid.at(0, 0).placed == Rect{0, 0, 256, 224});
  // Both axes are cut when one of them is longer, even the one that fits.
  REQUIRE(TileGrid::for_decode(16, 17, {}, kRatio).rows() == 2);
}

TEST_CASE("encoding cuts pixels and blends latents", "[tiles]") {
  const auto grid = TileGrid::for_encode(480, 848, {}, kRatio);
  REQUIRE(grid.rows() == 3);
  REQUIRE(grid.columns() == 5);
  REQUIRE(grid.height() == 30);
  REQUIRE(grid.width() == 53);
  REQUIRE(grid.at(1, 1).before == Rect{192, 192, 256, 256});
  REQUIRE(grid.at(1, 1).placed == Rect{12, 12, 12, 12});
  REQUIRE(grid.at(1, 1).blend_above == 4);
}

TEST_CASE("tiles cover every size once", "[tiles]") {
  for (const Tiling& tiling : {Tiling{64, 48}, Tiling{64, 64}, Tiling{48, 16}}) {
    for (int64_t height = 1; height < 12; ++height) {
      for (int64_t width : {1, 3, 4, 5, 7, 12}) {
        check_cover(TileGrid::for_decode(height, width, tiling, kRatio));
        check_cover(TileGrid::for_encode(height * kRatio, width * kRatio, tiling, kRatio));
      }
    }
  }
}

TEST_CASE("tilings that leave gaps or cut latents are refused by name", "[tiles]") {
  config::Violations none;
  check_tiling({}, kRatio, none);
  REQUIRE(none.empty());

  config::Violations violations;
  check_tiling({100, 112}, kRatio, violations);
  REQUIRE(violations.all().size() == 2);
  REQUIRE(violations.all()[0].what.find("--vae-tile-size is 100") != std::string::npos);
  REQUIRE(violations.all()[0].hint == "--vae-tile-size 96");
  REQUIRE(violations.all()[1].what.find("gaps") != std::string::npos);
}

TEST_CASE("stretches of time overlap by their one frame more", "[tiles]") {
  using Stretches = std::vector<Stretch>;
  REQUIRE(stretches_for_decode(2, {}, 8) == Stretches{{0, 2}});
  REQUIRE(stretches_for_decode(4, {}, 8) == Stretches{{0, 3}, {1, 3}, {2, 2}, {3, 1}});
  REQUIRE(stretches_for_decode(7, {32, 24}, 8) == Stretches{{0, 5}, {3, 4}, {6, 1}});
}

TEST_CASE("stretches that leave gaps or cut latents are refused by name", "[tiles]") {
  config::Violations none;
  check_frame_tiling({}, 8, none);
  REQUIRE(none.empty());

  config::Violations violations;
  check_frame_tiling({16, 20}, 8, violations);
  REQUIRE(violations.all().size() == 2);
  REQUIRE(violations.all()[0].what.find("--vae-tile-frame-stride is 20") != std::string::npos);
  REQUIRE(violations.all()[1].what.find("--vae-tile-frames") != std::string::npos);
}

}  // namespace kinema::plan
