// Each half is made from the component's files, in which the other's weights are left unread.
#include "pipeline/hunyuan15_vae.h"

#include <string>

#include <ATen/ops/empty.h>

#include "base/interrupt.h"
#include "parallel/tile_team.h"
#include "pipeline/component.h"

namespace kinema::pipeline {
namespace {

// Latent frames decoded at a time: larger parts keep the convolutions busier, smaller ones need
// less memory.
constexpr int64_t kLatentFrames = 2;

bool is_tiled(const Runtime& runtime) {
  return runtime.request.vae_tiling == config::VaeTiling::kOn;
}

plan::Tiling tiling_of(const Runtime& runtime) {
  return {*runtime.request.vae_tile_size, *runtime.request.vae_tile_stride};
}

// One half of the autoencoder, and the other half's weights declared unused.
OpenComponent half(Runtime& runtime, const char* other) {
  return {runtime, "vae", {.unused = {std::string(other) + ".*"}}};
}

int64_t frames_of(const Runtime& runtime, const at::Tensor& latents) {
  return (latents.size(2) - 1) * runtime.model.hunyuan15.vae.temporal_compression_ratio + 1;
}

void decode_tiles(Runtime& runtime,
                  const hunyuan15::VideoDecoder& decoder,
                  const at::Tensor& latents,
                  FrameOutput* output) {
  const auto& config = runtime.model.hunyuan15.vae;
  const auto grid = plan::TileGrid::for_decode(latents.size(3), latents.size(4), tiling_of(runtime),
                                               config.spatial_compression_ratio);
  const int64_t frames = frames_of(runtime, latents);
  at::Tensor video;
  models::TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    video.narrow(3, where.top, where.height).narrow(4, where.left, where.width).copy_(piece);
  });
  if (output != nullptr) {
    video =
        at::empty({1, config.out_channels, frames, grid.height(), grid.width()}, latents.options());
  }
  parallel::make_tiles(
      grid, runtime.team.vae(), config.out_channels, frames, latents.options(),
      [&](int64_t index) {
        stop_if_interrupted("in decode");
        auto tile = hunyuan15::decode_tile(decoder, latents,
                                           grid.tiles()[static_cast<size_t>(index)], kLatentFrames);
        if (output == nullptr) runtime.stages.step_done();
        return tile;
      },
      [&](int64_t index, at::Tensor tile) {
        blender.add(index, std::move(tile));
        runtime.stages.step_done();
      });
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
  const auto grid =
      plan::TileGrid::for_decode(latents.size(3), latents.size(4), tiling_of(runtime),
                                 runtime.model.hunyuan15.vae.spatial_compression_ratio);
  return static_cast<int64_t>(grid.tiles().size());
}

at::Tensor moments_in_tiles(Runtime& runtime,
                            const hunyuan15::VideoEncoder& encoder,
                            const at::Tensor& pixels) {
  const auto& config = runtime.model.hunyuan15.vae;
  const auto grid = plan::TileGrid::for_encode(pixels.size(3), pixels.size(4), tiling_of(runtime),
                                               config.spatial_compression_ratio);
  const int64_t channels = 2 * config.latent_channels;
  auto moments = at::empty({1, channels, 1, grid.height(), grid.width()}, pixels.options());
  models::TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    moments.narrow(3, where.top, where.height).narrow(4, where.left, where.width).copy_(piece);
  });
  parallel::make_tiles(
      grid, runtime.team.vae(), channels, 1, pixels.options(),
      [&](int64_t index) {
        return hunyuan15::encode_tile(encoder, pixels, grid.tiles()[static_cast<size_t>(index)], 1);
      },
      [&](int64_t index, at::Tensor tile) { blender.add(index, std::move(tile)); });
  return moments;
}

}  // namespace

const hunyuan15::VideoDecoder& Hunyuan15Vae::decoder(Runtime& runtime) {
  if (decoder_) return *decoder_;
  runtime.stages.begin("load");
  auto component = half(runtime, "encoder");
  decoder_.emplace(nn::ParamScope(component.source(), "decoder"), runtime.model.hunyuan15.vae);
  component.warn_unread();
  runtime.stages.read(component.bytes_read());
  return *decoder_;
}

const hunyuan15::VideoEncoder& Hunyuan15Vae::encoder(Runtime& runtime) {
  if (encoder_) return *encoder_;
  auto component = half(runtime, "decoder");
  encoder_.emplace(nn::ParamScope(component.source(), "encoder"), runtime.model.hunyuan15.vae);
  component.warn_unread();
  runtime.stages.read(component.bytes_read());
  return *encoder_;
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

at::Tensor Hunyuan15Vae::encode(Runtime& runtime, const at::Tensor& pixels) {
  at::Tensor latents;
  const bool works = is_tiled(runtime) ? runtime.team.in_vae() : runtime.team.is_first();
  if (works) {
    const auto& network = encoder(runtime);
    auto moments = is_tiled(runtime) ? moments_in_tiles(runtime, network, pixels) : network(pixels);
    latents = hunyuan15::latents_of(moments, runtime.model.hunyuan15.vae);
  }
  // The first rank put the tiles together.
  return parallel::shared_from(runtime.team.replica(), 0, latents).to(runtime.device);
}

void Hunyuan15Vae::release() {
  decoder_.reset();
  encoder_.reset();
}

}  // namespace kinema::pipeline
