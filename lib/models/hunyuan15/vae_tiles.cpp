// Source: diffusers' tiled_decode and tiled_encode.
#include "models/hunyuan15/vae_tiles.h"

#include <ATen/ops/empty.h>

namespace kinema::hunyuan15 {

at::Tensor decode_tile(const VideoDecoder& decoder,
                       const at::Tensor& latents,
                       const plan::Tile& tile,
                       int64_t latent_frames) {
  const int64_t frames = decoder.frames(latents.size(2));
  at::Tensor pixels;
  int64_t done = 0;
  decode_in_parts(
      decoder, models::part_of(latents, tile.before), latent_frames, [&](const at::Tensor& part) {
        if (!pixels.defined()) {
          pixels = at::empty({1, part.size(1), frames, part.size(3), part.size(4)}, part.options());
        }
        pixels.narrow(2, done, part.size(2)).copy_(part);
        done += part.size(2);
      });
  return pixels;
}

at::Tensor encode_tile(const VideoEncoder& encoder,
                       const at::Tensor& pixels,
                       const plan::Tile& tile,
                       int64_t latent_frames) {
  return encode_in_parts(encoder, models::part_of(pixels, tile.before), latent_frames);
}

}  // namespace kinema::hunyuan15
