// Source: diffusers' AutoencoderKLHunyuanVideo15.tiled_decode and tiled_encode. There the overlap
// is a share of the tile; here it is size - stride, which is the same wherever the reference's
// result has the right size.
#include "plan/tiles.h"

#include <algorithm>

#include "base/format.h"

namespace kinema::plan {
namespace {

// What is cut and what comes of it, along one axis.
struct Span {
  int64_t begin, size;     // before
  int64_t after;           // its result, uncropped
  int64_t place, cropped;  // where in the assembled result and how much of it
  int64_t blend;           // with the previous span
};

// The sides of the autoencoder as a fraction: decoding 16/1, encoding 1/16.
struct Ratio {
  int64_t numerator, denominator;
  int64_t operator()(int64_t before) const { return before * numerator / denominator; }
};

int64_t nearest_multiple(int64_t value, int64_t unit) {
  return std::max<int64_t>(1, (value + unit / 2) / unit) * unit;
}

// What a latent stands for: `count` pixels of a side, or frames.
struct Unit {
  int64_t count;
  const char* name;
};

void check_multiple(const char* flag, int64_t value, Unit unit, config::Violations& violations) {
  if (value > 0 && value % unit.count == 0) return;
  violations.add(ErrorKind::kConfig,
                 fmt::format("{} is {}, but must be a positive multiple of {} (a latent's {})",
                             flag, value, unit.count, unit.name),
                 fmt::format("{} {}", flag, nearest_multiple(value, unit.count)));
}

void check_overlap(const char* stride_flag,
                   int64_t stride,
                   const char* size_flag,
                   int64_t size,
                   config::Violations& violations) {
  if (stride <= size) return;
  violations.add(ErrorKind::kConfig,
                 fmt::format("{} is {}, but must be at most {} ({}): tiles would leave gaps",
                             stride_flag, stride, size_flag, size),
                 fmt::format("{} {}", stride_flag, size));
}

}  // namespace

// The tiles along one axis.
struct TileGrid::Axis {
  std::vector<Span> spans;
  int64_t after = 0;

  Axis(int64_t length, const Tiling& before, Ratio ratio) : after(ratio(length)) {
    for (int64_t begin = 0; begin < length; begin += before.stride) {
      const int64_t size = std::min(before.size, length - begin);
      const int64_t cropped = std::min(before.stride, size);
      Span span = {begin, size, ratio(size), ratio(begin), ratio(cropped), 0};
      if (!spans.empty()) {
        span.blend = std::min({spans.back().after, span.after, ratio(before.size - before.stride)});
      }
      spans.push_back(span);
    }
  }
};

TileGrid::TileGrid(const Axis& vertical, const Axis& horizontal)
    : rows_(static_cast<int64_t>(vertical.spans.size())),
      columns_(static_cast<int64_t>(horizontal.spans.size())),
      height_(vertical.after),
      width_(horizontal.after) {
  for (int64_t row = 0; row < rows_; ++row) {
    for (int64_t column = 0; column < columns_; ++column) {
      const Span& y = vertical.spans[row];
      const Span& x = horizontal.spans[column];
      tiles_.push_back({.row = row,
                        .column = column,
                        .before = {y.begin, x.begin, y.size, x.size},
                        .after_height = y.after,
                        .after_width = x.after,
                        .placed = {y.place, x.place, y.cropped, x.cropped},
                        .blend_above = y.blend,
                        .blend_left = x.blend});
    }
  }
}

TileGrid TileGrid::for_decode(int64_t height,
                              int64_t width,
                              const Tiling& tiling,
                              int64_t pixels_per_latent) {
  Tiling latents = {tiling.size / pixels_per_latent, tiling.stride / pixels_per_latent};
  // The reference tiles both axes as soon as one of them is longer than a tile.
  if (std::max(height, width) <= latents.size) latents.stride = latents.size;
  const Ratio ratio = {pixels_per_latent, 1};
  return TileGrid(Axis(height, latents, ratio), Axis(width, latents, ratio));
}

TileGrid TileGrid::for_encode(int64_t height,
                              int64_t width,
                              const Tiling& tiling,
                              int64_t pixels_per_latent) {
  Tiling pixels = tiling;
  if (std::max(height, width) <= pixels.size) pixels.stride = pixels.size;
  const Ratio ratio = {1, pixels_per_latent};
  return TileGrid(Axis(height, pixels, ratio), Axis(width, pixels, ratio));
}

const Tile& TileGrid::at(int64_t row, int64_t column) const {
  return tiles_.at(row * columns_ + column);
}

void check_tiling(const Tiling& tiling, int64_t pixels_per_latent, config::Violations& violations) {
  const Unit unit = {pixels_per_latent, "pixels"};
  check_multiple("--vae-tile-size", tiling.size, unit, violations);
  check_multiple("--vae-tile-stride", tiling.stride, unit, violations);
  check_overlap("--vae-tile-stride", tiling.stride, "--vae-tile-size", tiling.size, violations);
}

void check_frame_tiling(const FrameTiling& tiling,
                        int64_t frames_per_latent,
                        config::Violations& violations) {
  const Unit unit = {frames_per_latent, "frames"};
  check_multiple("--vae-tile-frames", tiling.size, unit, violations);
  check_multiple("--vae-tile-frame-stride", tiling.stride, unit, violations);
  check_overlap("--vae-tile-frame-stride", tiling.stride, "--vae-tile-frames", tiling.size,
                violations);
}

std::vector<Stretch> stretches_for_decode(int64_t latent_frames,
                                          const FrameTiling& tiling,
                                          int64_t frames_per_latent) {
  const int64_t size = tiling.size / frames_per_latent, stride = tiling.stride / frames_per_latent;
  if (latent_frames <= size) return {{0, latent_frames}};
  std::vector<Stretch> stretches;
  for (int64_t begin = 0; begin < latent_frames; begin += stride) {
    stretches.push_back({begin, std::min(size + 1, latent_frames - begin)});
  }
  return stretches;
}

}  // namespace kinema::plan
