// Puts overlapping tiles together as the reference does, whoever made them and in whatever order
// they come.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "plan/tiles.h"

namespace kinema::models {

// A finished piece of the result, [1, C, T, where.height, where.width]; the memory is the sink's
// only during the call.
using PieceSink = std::function<void(const at::Tensor& piece, const plan::Rect& where)>;

// Each tile is mixed with the one above and then with the one to the left, which were mixed
// themselves before: one fixed order, so that the bits do not depend on the order of arrival. Only
// tiles that wait for a neighbour and the edges that later tiles need are kept.
class TileBlender {
 public:
  TileBlender(plan::TileGrid grid, PieceSink sink);

  // `tile`: the result of grid.tiles()[index], [1, C, T, after_height, after_width]; its memory is
  // worked in. Calls the sink for this tile and every one that waited for it. Throws
  // Error(kInternal) for a tile of another size or the same one twice.
  void add(int64_t index, at::Tensor tile);
  // Whether every piece has been handed on.
  bool finished() const { return blended_ == grid_.tiles().size(); }

 private:
  bool ready(int64_t index) const;
  void blend(int64_t index, const at::Tensor& values);
  void keep_edges(const plan::Tile& tile, const at::Tensor& values);

  plan::TileGrid grid_;
  PieceSink sink_;
  std::vector<bool> added_;
  size_t blended_ = 0;
  std::map<int64_t, at::Tensor> waiting_;
  // Last rows and columns of blended tiles, by the index of the tile that needs them.
  std::map<int64_t, at::Tensor> above_, left_;
};

// The part of `video` [1, C, T, H, W] in a rectangle of its frames, a view.
at::Tensor part_of(const at::Tensor& video, const plan::Rect& where);

// Mixes the first values of `own` along dimension `dim` of [1, C, T, H, W] with all of `neighbour`,
// the last values of the piece before it: the neighbour's weight falls from 1.
void mix(const at::Tensor& own, const at::Tensor& neighbour, int64_t dim);

}  // namespace kinema::models
