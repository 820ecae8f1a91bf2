// The video autoencoder tile by tile, as diffusers' tiling does it: less memory, but pixels near a
// tile's edge know less of their surroundings than in the whole video.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "models/ltx2/vae_decoder.h"
#include "models/ltx2/vae_encoder.h"
#include "models/tile_blend.h"
#include "plan/tiles.h"

namespace kinema::ltx2 {

// One tile of `latents` [1, C, T, H, W] -> its pixels, all frames, uncropped: what a TileBlender
// takes.
at::Tensor decode_tile(const VideoDecoder& decoder,
                       const at::Tensor& latents,
                       const plan::Tile& tile,
                       const Decoding& how);
// One tile of `pixels` [1, 3, F, H, W] -> its latents' means.
at::Tensor encode_tile(const VideoEncoder& encoder,
                       const at::Tensor& pixels,
                       const plan::Tile& tile);

// Makes the video [1, 3, F, H, W] of one stretch of latents; undefined where it is made elsewhere.
using DecodeStretch = std::function<at::Tensor(const at::Tensor& latents)>;

// The reference's framewise decoding, which is not that of the whole clip: stretches of time are
// decoded by themselves and mixed where they overlap, each but the first without its last frame
// (its first would be the surplus one, so that pixels come a frame early; kept for equality). The
// sink gets each stretch's frames but the ones mixed into the next. What overlaps is held;
// stretches are made one after the other.
void decode_stretches(const at::Tensor& latents,
                      const plan::FrameTiling& tiling,
                      int64_t frames_per_latent,
                      const DecodeStretch& decode,
                      const FrameSink& sink);

}  // namespace kinema::ltx2
