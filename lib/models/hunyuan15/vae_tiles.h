// The autoencoder tile by tile, as diffusers' tiling does it: less memory, but pixels near a tile's
// edge know less of their surroundings than in the whole frame.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/vae_decoder.h"
#include "models/hunyuan15/vae_encoder.h"
#include "models/tile_blend.h"
#include "plan/tiles.h"

namespace kinema::hunyuan15 {

// One tile of `latents` [1, C, T, H, W] -> its pixels, all frames, uncropped: what a TileBlender
// takes. `latent_frames` at a time are decoded, which changes no bit.
at::Tensor decode_tile(const VideoDecoder& decoder,
                       const at::Tensor& latents,
                       const plan::Tile& tile,
                       int64_t latent_frames);
// One tile of `pixels` [1, 3, F, H, W] -> its moments.
at::Tensor encode_tile(const VideoEncoder& encoder,
                       const at::Tensor& pixels,
                       const plan::Tile& tile,
                       int64_t latent_frames);

}  // namespace kinema::hunyuan15
