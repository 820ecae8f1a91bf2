// How an autoencoder's input is cut into overlapping tiles and put together again: diffusers' grid,
// as arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "config/violations.h"

namespace kinema::plan {

struct Rect {
  int64_t top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Rect&) const = default;
};

// In pixels of the video, whichever way the tiles go.
struct Tiling {
  int64_t size = 256;    // side of a tile
  int64_t stride = 192;  // distance of two tiles; what is left of the size overlaps
};

// Both must be multiples of `pixels_per_latent`, the stride at most the size. Names the flags and
// the nearest legal values.
void check_tiling(const Tiling& tiling, int64_t pixels_per_latent, config::Violations& violations);

// One tile. "Before" and "after" are the two sides of the autoencoder: latents and pixels for
// decoding, pixels and latents for encoding.
struct Tile {
  int64_t row = 0, column = 0;                // in the grid
  Rect before;                                // what is cut from the input
  int64_t after_height = 0, after_width = 0;  // of the tile's result, uncropped
  Rect placed;  // what of the assembled result the tile's first rows and columns fill
  int64_t blend_above = 0,
          blend_left = 0;  // its rows and columns that are mixed with the neighbour's last ones

  // Proportional to its cost.
  int64_t workload() const { return before.height * before.width; }
};

class TileGrid {
 public:
  // Tiles of latents [height, width]. An input that fits into one tile is one tile. `tiling` must
  // be legal.
  static TileGrid for_decode(int64_t height,
                             int64_t width,
                             const Tiling& tiling,
                             int64_t pixels_per_latent);
  // Tiles of pixels [height, width], multiples of `pixels_per_latent`.
  static TileGrid for_encode(int64_t height,
                             int64_t width,
                             const Tiling& tiling,
                             int64_t pixels_per_latent);

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  // In raster order: row * columns() + column.
  const std::vector<Tile>& tiles() const { return tiles_; }
  const Tile& at(int64_t row, int64_t column) const;
  // Of the assembled result.
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

 private:
  int64_t rows_ = 0, columns_ = 0, height_ = 0, width_ = 0;
  std::vector<Tile> tiles_;

  struct Axis;
  TileGrid(const Axis& vertical, const Axis& horizontal);
};

// Stretches of time, in frames of the video.
struct FrameTiling {
  int64_t size = 16;
  int64_t stride = 8;  // what is left of the size overlaps
};

// Both must be multiples of `frames_per_latent`, the stride at most the size.
void check_frame_tiling(const FrameTiling& tiling,
                        int64_t frames_per_latent,
                        config::Violations& violations);

// One stretch of latent frames.
struct Stretch {
  int64_t begin = 0, size = 0;
  bool operator==(const Stretch&) const = default;
};

// The stretches that LTX-2's autoencoder is decoded in: the tiling's, and one latent frame more
// each, which stands for a single frame. Latents that fit into one are one.
std::vector<Stretch> stretches_for_decode(int64_t latent_frames,
                                          const FrameTiling& tiling,
                                          int64_t frames_per_latent);

}  // namespace kinema::plan
