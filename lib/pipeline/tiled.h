// Tiles of an autoencoder's result, made by the ranks of its group and put together on the first.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "parallel/tile_team.h"
#include "pipeline/runtime.h"
#include "plan/tiles.h"

namespace kinema::pipeline {

bool is_tiled(const Runtime& runtime);
plan::Tiling tiling_of(const Runtime& runtime);
// Whether this rank works on what the autoencoder makes: those that share its tiles, or the first.
bool works_on_vae(const Runtime& runtime);

// What `encode` makes on the first rank, on every rank; those that work call it.
at::Tensor encoded(const Runtime& runtime, const std::function<at::Tensor()>& encode);

// What one tile becomes.
using TileWork = std::function<at::Tensor(const plan::Tile& tile)>;

// [1, channels, frames, H, W] in `options` on the first rank, undefined on the others; every rank
// of the VAE's group calls it. `tile_done`: after each tile that arrives (on the first rank) or
// leaves (on the others).
at::Tensor assembled(Runtime& runtime,
                     const plan::TileGrid& grid,
                     int64_t channels,
                     int64_t frames,
                     at::TensorOptions options,
                     const TileWork& work,
                     const std::function<void()>& tile_done);

}  // namespace kinema::pipeline
