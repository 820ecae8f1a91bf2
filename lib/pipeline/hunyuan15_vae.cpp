// Each half is made from the component's files, in which the other's weights are left unread.
#include "pipeline/hunyuan15_vae.h"

#include <string>
#include <utility>

#include "base/interrupt.h"
#include "pipeline/load_ahead.h"
#include "pipeline/tiled.h"

namespace kinema::pipeline {
namespace {

// Latent frames decoded at a time: larger parts keep the convolutions busier, smaller ones need
// less memory.
constexpr int64_t kLatentFrames = 2;

// One half of the autoencoder, and the other half's weights declared unused.
std::unique_ptr<OpenComponent> half(const Runtime& runtime, const char* other) {
  const weights::NameMap names{.prefixes = {}, .unused = {std::string(other) + ".*"}};
  return std::make_unique<OpenComponent>(runtime, "vae", names);
}

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

void Hunyuan15Vae::open_decoder(const Runtime& runtime) {
  opened_ = half(runtime, "encoder");
  decoder_.emplace(nn::ParamScope(opened_->source(), "decoder"), runtime.model.hunyuan15.vae);
  opened_->made();
}

const hunyuan15::VideoDecoder& Hunyuan15Vae::decoder(Runtime& runtime) {
  if (!coming_.valid() && decoder_) return *decoder_;
  runtime.stages.begin("load");
  coming_.valid() ? runtime.ahead->wait(coming_) : open_decoder(runtime);
  std::exchange(opened_, nullptr)->loaded(runtime.stages);
  return *decoder_;
}

void Hunyuan15Vae::load_ahead(const Runtime& runtime) {
  const bool works = is_tiled(runtime) ? runtime.team.in_vae() : runtime.team.is_first();
  if (decoder_ || !works) return;
  coming_ = runtime.ahead->begin(runtime, LoadAhead::When::kAfterFirstStep,
                                 [this](const Runtime& own) { open_decoder(own); });
}

const hunyuan15::VideoEncoder& Hunyuan15Vae::encoder(Runtime& runtime) {
  if (encoder_) return *encoder_;
  const auto component = half(runtime, "decoder");
  encoder_.emplace(nn::ParamScope(component->source(), "encoder"), runtime.model.hunyuan15.vae);
  component->loaded(runtime.stages);
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

at::Tensor Hunyuan15Vae::pixels(Runtime& runtime, const at::Tensor& latents) {
  return decoder(runtime)(
      hunyuan15::decodable(latents.to(runtime.dtype), runtime.model.hunyuan15.vae));
}

at::Tensor Hunyuan15Vae::encode(Runtime& runtime, const at::Tensor& pixels) {
  at::Tensor latents;
  const bool works = is_tiled(runtime) ? runtime.team.in_vae() : runtime.team.is_first();
  if (works) {
    const auto& network = encoder(runtime);
    auto moments = is_tiled(runtime) ? moments_in_tiles(runtime, network, pixels) : network(pixels);
    if (moments.defined()) latents = hunyuan15::latents_of(moments, runtime.model.hunyuan15.vae);
  }
  // The first rank put the tiles together.
  return parallel::shared_from(runtime.team.replica(), 0, latents).to(runtime.device);
}

void Hunyuan15Vae::release() {
  coming_ = {};
  opened_.reset();
  decoder_.reset();
  encoder_.reset();
}

}  // namespace kinema::pipeline
