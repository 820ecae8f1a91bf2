// Source: blend_v and blend_h of diffusers' autoencoders: of e rows that overlap, row y is above *
// (1 - y/e) + own * (y/e).
#include "models/tile_blend.h"

#include <string>
#include <utility>

#include <ATen/ops/tensor.h>

#include "base/error.h"
#include "nn/beside.h"

namespace kinema::models {
namespace {

constexpr int64_t kHeight = 3, kWidth = 4, kDims = 5;  // dimensions

// In float32 as the reference's double factors become for a float32 tensor; shaped to be multiplied
// along `dim`.
at::Tensor weights(const std::vector<float>& shares, int64_t dim, const at::Tensor& like) {
  std::vector<int64_t> shape(kDims - dim, 1);
  shape.front() = static_cast<int64_t>(shares.size());
  return nn::beside(like.options(), at::tensor(shares, at::kFloat)).view(shape);
}

at::Tensor last(const at::Tensor& x, int64_t dim, int64_t extent) {
  return x.narrow(dim, x.size(dim) - extent, extent).clone();
}

}  // namespace

at::Tensor part_of(const at::Tensor& video, const plan::Rect& where) {
  return video.narrow(kHeight, where.top, where.height).narrow(kWidth, where.left, where.width);
}

void mix(const at::Tensor& own, const at::Tensor& neighbour, int64_t dim) {
  const int64_t extent = neighbour.size(dim);
  if (extent == 0) return;
  std::vector<float> rising, falling;
  for (int64_t i = 0; i < extent; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(extent);
    rising.push_back(static_cast<float>(share));
    falling.push_back(static_cast<float>(1.0 - share));
  }
  const auto edge = own.narrow(dim, 0, extent);
  edge.copy_(neighbour * weights(falling, dim, own) + edge * weights(rising, dim, own));
}

TileBlender::TileBlender(plan::TileGrid grid, PieceSink sink)
    : grid_(std::move(grid)), sink_(std::move(sink)), added_(grid_.tiles().size()) {}

void TileBlender::add(int64_t index, at::Tensor tile) {
  const auto& place = grid_.tiles().at(index);
  if (tile.size(kHeight) != place.after_height || tile.size(kWidth) != place.after_width) {
    throw Error(ErrorKind::kInternal,
                "tile " + std::to_string(index) + " has another size than planned");
  }
  if (added_[index]) {
    throw Error(ErrorKind::kInternal, "tile " + std::to_string(index) + " came twice");
  }
  added_[index] = true;
  waiting_.emplace(index, std::move(tile));
  // One pass is enough: a tile only lets later ones go on.
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (!ready(it->first)) {
      ++it;
      continue;
    }
    blend(it->first, it->second);
    it = waiting_.erase(it);
  }
}

bool TileBlender::ready(int64_t index) const {
  const auto& tile = grid_.tiles()[index];
  return (tile.row == 0 || above_.contains(index)) && (tile.column == 0 || left_.contains(index));
}

void TileBlender::blend(int64_t index, const at::Tensor& values) {
  const auto& tile = grid_.tiles()[index];
  if (auto edge = above_.extract(index)) mix(values, edge.mapped(), kHeight);
  if (auto edge = left_.extract(index)) mix(values, edge.mapped(), kWidth);
  keep_edges(tile, values);
  ++blended_;
  sink_(values.narrow(kHeight, 0, tile.placed.height).narrow(kWidth, 0, tile.placed.width),
        tile.placed);
}

void TileBlender::keep_edges(const plan::Tile& tile, const at::Tensor& values) {
  const int64_t index = tile.row * grid_.columns() + tile.column;
  if (tile.row + 1 < grid_.rows()) {
    const int64_t below = index + grid_.columns();
    above_[below] = last(values, kHeight, grid_.tiles()[below].blend_above);
  }
  if (tile.column + 1 < grid_.columns()) {
    left_[index + 1] = last(values, kWidth, grid_.tiles()[index + 1].blend_left);
  }
}

}  // namespace kinema::models
