// Each half is made from the component's files, in which the other's weights are left unread.
#include "pipeline/ltx2_vae.h"

#include <vector>

#include "base/interrupt.h"
#include "pipeline/tiled.h"
#include "plan/ltx2_facts.h"
#include "tensor/noise.h"

namespace kinema::pipeline {
namespace {

const config::Ltx2VideoVaeConfig& config_of(const Runtime& runtime) {
  return runtime.model.ltx2.vae;
}

ltx2::Decoding decoding(const Runtime& runtime) {
  return {.timestep = *runtime.request.decode_timestep};
}

// A decoder that is told of noise gets some: the draw that follows those of the latents, with their
// appended frames, and of the sound.
at::Tensor with_noise(const Runtime& runtime, const at::Tensor& latents) {
  const double share = *runtime.request.decode_noise_scale;
  if (!config_of(runtime).timestep_conditioning) return latents;
  const auto sound =
      plan::ltx2_audio_shape(runtime.model.ltx2, *runtime.request.num_frames, *runtime.request.fps);
  auto denoised = latents.sizes().vec();
  denoised[2] += plan::ltx2_appended_frames(runtime.request, denoised[2]);
  tensor::Noise noise(*runtime.request.seed);
  noise.draw(denoised, at::kFloat);
  noise.draw(sound, at::kFloat);
  const auto drawn = noise.draw(latents.sizes(), latents.scalar_type()).to(latents.device());
  return (1 - share) * latents + share * drawn;
}

plan::TileGrid grid_of(const Runtime& runtime, const at::Tensor& latents) {
  return plan::TileGrid::for_decode(latents.size(3), latents.size(4), tiling_of(runtime),
                                    config_of(runtime).spatial_compression_ratio);
}

// All frames unless the job tiles in time.
plan::FrameTiling frame_tiling(const Runtime& runtime, const at::Tensor& latents) {
  const auto& request = runtime.request;
  if (request.vae_tile_frames) return {*request.vae_tile_frames, *request.vae_tile_frame_stride};
  const int64_t frames = latents.size(2) * config_of(runtime).temporal_compression_ratio;
  return {frames, frames};
}

std::vector<plan::Stretch> stretches_of(const Runtime& runtime, const at::Tensor& latents) {
  return plan::stretches_for_decode(latents.size(2), frame_tiling(runtime, latents),
                                    config_of(runtime).temporal_compression_ratio);
}

int64_t decode_steps(const Runtime& runtime,
                     const ltx2::VideoDecoder& decoder,
                     const at::Tensor& latents) {
  if (is_tiled(runtime)) {
    return static_cast<int64_t>(grid_of(runtime, latents).tiles().size() *
                                stretches_of(runtime, latents).size());
  }
  return decoder.group_count(latents.size(2), decoding(runtime));
}

void decode_tiles(Runtime& runtime,
                  const ltx2::VideoDecoder& decoder,
                  const at::Tensor& latents,
                  FrameOutput* output) {
  auto decode = [&](const at::Tensor& stretch) {
    return assembled(
        runtime, grid_of(runtime, stretch), config_of(runtime).out_channels,
        decoder.frames(stretch.size(2)), stretch.options(),
        [&](const plan::Tile& tile) {
          return ltx2::decode_tile(decoder, stretch, tile, decoding(runtime));
        },
        [&] { runtime.stages.step_done(); });
  };
  ltx2::decode_stretches(latents, frame_tiling(runtime, latents),
                         config_of(runtime).temporal_compression_ratio, decode,
                         [&](const at::Tensor& frames) { output->add(frames); });
}

void decode_parts(Runtime& runtime,
                  const ltx2::VideoDecoder& decoder,
                  const at::Tensor& latents,
                  FrameOutput& output) {
  decoder.decode(latents, decoding(runtime), [&](const at::Tensor& frames) {
    stop_if_interrupted("in decode");
    output.add(frames);
    runtime.stages.step_done();
  });
}

at::Tensor means_in_tiles(Runtime& runtime,
                          const ltx2::VideoEncoder& encoder,
                          const at::Tensor& pixels) {
  const auto& config = config_of(runtime);
  const auto grid = plan::TileGrid::for_encode(pixels.size(3), pixels.size(4), tiling_of(runtime),
                                               config.spatial_compression_ratio);
  return assembled(
      runtime, grid, config.latent_channels, 1, pixels.options(),
      [&](const plan::Tile& tile) { return ltx2::encode_tile(encoder, pixels, tile); }, [] {});
}

}  // namespace

Ltx2Vae::Decoder::Decoder(const Runtime& runtime)
    : VaeHalf(runtime, "encoder"),
      network(root() / "decoder", config_of(runtime)),
      statistics(root(), config_of(runtime)) {
  made();
}

Ltx2Vae::Encoder::Encoder(const Runtime& runtime)
    : VaeHalf(runtime, "decoder"),
      network(root() / "encoder", config_of(runtime)),
      statistics(root(), config_of(runtime)) {
  made();
}

const Ltx2Vae::Decoder& Ltx2Vae::decoder(Runtime& runtime) {
  if (!decoder_.is_there()) runtime.stages.begin("load");
  return used(decoder_, runtime);
}

void Ltx2Vae::load_ahead(const Runtime& runtime) {
  if (works_on_vae(runtime)) decoder_.load_ahead(runtime, LoadAhead::When::kAfterFirstStep);
}

void Ltx2Vae::decode(Runtime& runtime, const at::Tensor& latents, FrameOutput* output) {
  const bool works = is_tiled(runtime) ? runtime.team.in_vae() : output != nullptr;
  if (!works) return;
  const auto& half = decoder(runtime);
  runtime.stages.begin("decode", decode_steps(runtime, half.network, latents));
  const auto decodable =
      half.statistics.denormalised(with_noise(runtime, latents.to(runtime.dtype)));
  if (is_tiled(runtime)) {
    decode_tiles(runtime, half.network, decodable, output);
  } else {
    decode_parts(runtime, half.network, decodable, *output);
  }
}

at::Tensor Ltx2Vae::pixels(Runtime& runtime, const at::Tensor& latents) {
  const auto& half = decoder(runtime);
  return half.network(half.statistics.denormalised(latents.to(runtime.dtype)), decoding(runtime));
}

at::Tensor Ltx2Vae::encode(Runtime& runtime, const at::Tensor& pixels) {
  return encoded(runtime, [&]() -> at::Tensor {
    const auto& half = used(encoder_, runtime);
    const auto means =
        is_tiled(runtime) ? means_in_tiles(runtime, half.network, pixels) : half.network(pixels);
    if (!means.defined()) return {};
    return half.statistics.normalised_picture(means.to(at::kFloat));
  });
}

void Ltx2Vae::release() {
  decoder_.release();
  encoder_.release();
}

}  // namespace kinema::pipeline
