// Source: tiled_decode, tiled_encode and _temporal_tiled_decode of diffusers'
// AutoencoderKLLTX2Video.
#include "models/ltx2/vae_tiles.h"

#include <algorithm>

namespace kinema::ltx2 {
namespace {

constexpr int64_t kTime = 2;  // dimension

// The last frames of a piece, `count` or all.
at::Tensor last_frames(const at::Tensor& video, int64_t count) {
  const int64_t kept = std::min(count, video.size(kTime));
  return video.narrow(kTime, video.size(kTime) - kept, kept).clone();
}

}  // namespace

at::Tensor decode_tile(const VideoDecoder& decoder,
                       const at::Tensor& latents,
                       const plan::Tile& tile,
                       const Decoding& how) {
  return decoder(models::part_of(latents, tile.before), how);
}

at::Tensor encode_tile(const VideoEncoder& encoder,
                       const at::Tensor& pixels,
                       const plan::Tile& tile) {
  return encoder(models::part_of(pixels, tile.before));
}

void decode_stretches(const at::Tensor& latents,
                      const plan::FrameTiling& tiling,
                      int64_t frames_per_latent,
                      const DecodeStretch& decode,
                      const FrameSink& sink) {
  const auto stretches = plan::stretches_for_decode(latents.size(kTime), tiling, frames_per_latent);
  int64_t missing = (latents.size(kTime) - 1) * frames_per_latent + 1;
  at::Tensor edge;  // of the stretch before
  for (size_t i = 0; i < stretches.size(); ++i) {
    auto video = decode(latents.narrow(kTime, stretches[i].begin, stretches[i].size));
    if (!video.defined()) continue;
    int64_t kept = stretches.size() == 1 ? video.size(kTime) : tiling.stride + 1;
    if (i > 0) {
      kept = tiling.stride;
      video = video.narrow(kTime, 0, video.size(kTime) - 1);
      models::mix(video, last_frames(edge, video.size(kTime)), kTime);
    }
    edge = last_frames(video, tiling.size - tiling.stride);
    kept = std::min({kept, video.size(kTime), missing});
    missing -= kept;
    if (kept > 0) sink(video.narrow(kTime, 0, kept));
  }
}

}  // namespace kinema::ltx2
