// Each half is made from the component's files, in which the other's weights are left unread.
#include "pipeline/hunyuan15_vae.h"

#include "base/interrupt.h"
#include "pipeline/tiled.h"

namespace kinema::pipeline {
namespace {

// Latent frames decoded at a time: larger parts keep the convolutions busier, smaller ones need
// less memory.
constexpr int64_t kLatentFrames = 2;

int64_t frames_of(const Runtime& runtime, const at::Tensor& latents) {
  return (latents.size(2) - 1) * runtime.model.hunyuan15.vae.temporal_compression_ratio + 1;
}

plan::TileGrid grid_of(const Runtime& runtime, const at::Tensor& latents) {
  return plan::TileGrid::for_decode(latents.size(3), latents.size(4), tiling_of(runtime),
                                    runtime.model.hunyuan15.vae.spatial_compression_ratio);
}

void decode_tiles(Runtime& runtime,
                  const hunyuan15::VideoDecoder& decoder,
                  const at::Tensor& latents,
                  FrameOutput* output) {
  const auto video = assembled(
      runtime, grid_of(runtime, latents), runtime.model.hunyuan15.vae.out_channels,
      frames_of(runtime, latents), latents.options(),
      [&](const plan::Tile& tile) {
        return hunyuan15::decode_tile(decoder, latents, tile, kLatentFrames);
      },
      [&] { runtime.stages.step_done(); });
  if (output != nullptr) output->add(video);
}

void decode_parts(Runtime& runtime,
                  const hunyuan15::VideoDecoder& decoder,
                  const at::Tensor& latents,
                  FrameOutput& output) {
  hunyuan15::decode_in_parts(decoder, latents, kLatentFrames, [&](const at::Tensor& frames) {
    stop_if_interrupted("in decode");
    output.add(frames);
    runtime.stages.step_done();
  });
}

int64_t decode_steps(const Runtime& runtime, const at::Tensor& latents) {
  if (!is_tiled(runtime)) return (latents.size(2) + kLatentFrames - 1) / kLatentFrames;
  return static_cast<int64_t>(grid_of(runtime, latents).tiles().size());
}

at::Tensor moments_in_tiles(Runtime& runtime,
                            const hunyuan15::VideoEncoder& encoder,
                            const at::Tensor& pixels) {
  const auto& config = runtime.model.hunyuan15.vae;
  const auto grid = plan::TileGrid::for_encode(pixels.size(3), pixels.size(4), tiling_of(runtime),
                                               config.spatial_compression_ratio);
  return assembled(
      runtime, grid, 2 * config.latent_channels, 1, pixels.options(),
      [&](const plan::Tile& tile) { return hunyuan15::encode_tile(encoder, pixels, tile, 1); },
      [] {});
}

}  // namespace

Hunyuan15Vae::Decoder::Decoder(const Runtime& runtime)
    : VaeHalf(runtime, "encoder"), network(root() / "decoder", runtime.model.hunyuan15.vae) {
  made();
}

Hunyuan15Vae::Encoder::Encoder(const Runtime& runtime)
    : VaeHalf(runtime, "decoder"), network(root() / "encoder", runtime.model.hunyuan15.vae) {
  made();
}

const hunyuan15::VideoDecoder& Hunyuan15Vae::decoder(Runtime& runtime) {
  if (!decoder_.is_there()) runtime.stages.begin("load");
  return used(decoder_, runtime).network;
}

void Hunyuan15Vae::load_ahead(const Runtime& runtime) {
  if (works_on_vae(runtime)) decoder_.load_ahead(runtime, LoadAhead::When::kAfterFirstStep);
}

void Hunyuan15Vae::decode(Runtime& runtime, const at::Tensor& latents, FrameOutput* output) {
  const bool works = is_tiled(runtime) ? runtime.team.in_vae() : output != nullptr;
  if (!works) return;
  const auto& network = decoder(runtime);
  runtime.stages.begin("decode", decode_steps(runtime, latents));
  auto decodable = hunyuan15::decodable(latents.to(runtime.dtype), runtime.model.hunyuan15.vae);
  if (is_tiled(runtime)) {
    decode_tiles(runtime, network, decodable, output);
  } else {
    decode_parts(runtime, network, decodable, *output);
  }
}

at::Tensor Hunyuan15Vae::pixels(Runtime& runtime, const at::Tensor& latents) {
  return decoder(runtime)(
      hunyuan15::decodable(latents.to(runtime.dtype), runtime.model.hunyuan15.vae));
}

at::Tensor Hunyuan15Vae::encode(Runtime& runtime, const at::Tensor& pixels) {
  return encoded(runtime, [&]() -> at::Tensor {
    const auto& network = used(encoder_, runtime).network;
    const auto moments =
        is_tiled(runtime) ? moments_in_tiles(runtime, network, pixels) : network(pixels);
    if (!moments.defined()) return {};
    return hunyuan15::latents_of(moments, runtime.model.hunyuan15.vae);
  });
}

void Hunyuan15Vae::release() {
  decoder_.release();
  encoder_.release();
}

}  // namespace kinema::pipeline
