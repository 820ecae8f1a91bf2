// The blender hands on pieces that no later tile changes.
#include "pipeline/tiled.h"

#include <utility>

#include <ATen/ops/empty.h>

#include "base/interrupt.h"
#include "models/tile_blend.h"

namespace kinema::pipeline {

bool is_tiled(const Runtime& runtime) {
  return runtime.request.vae_tiling == config::VaeTiling::kOn;
}

plan::Tiling tiling_of(const Runtime& runtime) {
  return {*runtime.request.vae_tile_size, *runtime.request.vae_tile_stride};
}

bool works_on_vae(const Runtime& runtime) {
  return is_tiled(runtime) ? runtime.team.in_vae() : runtime.team.is_first();
}

at::Tensor encoded(const Runtime& runtime, const std::function<at::Tensor()>& encode) {
  at::Tensor latents;
  if (works_on_vae(runtime)) latents = encode();
  return parallel::shared_from(runtime.team.replica(), 0, latents).to(runtime.device);
}

at::Tensor assembled(Runtime& runtime,
                     const plan::TileGrid& grid,
                     int64_t channels,
                     int64_t frames,
                     at::TensorOptions options,
                     const TileWork& work,
                     const std::function<void()>& tile_done) {
  const bool first = runtime.team.is_first();
  at::Tensor whole;
  if (first) whole = at::empty({1, channels, frames, grid.height(), grid.width()}, options);
  models::TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    models::part_of(whole, where).copy_(piece);
  });
  parallel::make_tiles(
      grid, runtime.team.vae(), channels, frames, options,
      [&](int64_t index) {
        stop_if_interrupted("in a tile");
        auto tile = work(grid.tiles()[static_cast<size_t>(index)]);
        if (!first) tile_done();
        return tile;
      },
      [&](int64_t index, at::Tensor tile) {
        blender.add(index, std::move(tile));
        tile_done();
      });
  return whole;
}

}  // namespace kinema::pipeline
