// Source: prepare_latents and prepare_audio_latents of diffusers' LTX-2 pipelines, and
// LTX2LatentUpsamplePipeline.
#include "pipeline/ltx2_given.h"

#include <filesystem>
#include <string>

#include <ATen/ops/full.h>

#include "base/error.h"
#include "base/format.h"
#include "config/ltx2_upsampler_config.h"
#include "models/ltx2/audio_vae.h"
#include "models/ltx2/latent_upsampler.h"
#include "models/ltx2/vae_statistics.h"
#include "pipeline/component.h"
#include "tensor/noise.h"
#include "weights/weight_store.h"

namespace kinema::pipeline {
namespace {

ltx2::LatentStatistics statistics_of(Runtime& runtime) {
  OpenComponent component(runtime, "vae", {.prefixes = {}, .unused = {"encoder.*", "decoder.*"}});
  return {nn::ParamScope(component.source()), runtime.model.ltx2.vae};
}

// Small latents to large ones, both normalised.
at::Tensor upsampled(Runtime& runtime, const at::Tensor& latents) {
  const auto& request = runtime.request;
  const auto& folder = *request.latent_upsampler;
  runtime.stages.begin("upsample");
  const auto config = config::read_ltx2_upsampler(config::ConfigReader::open(
      folder / "config.json",
      request.strict ? config::Strictness::kStrict : config::Strictness::kWarn));
  weights::WeightStore store(checkpoint::Component::open(folder), {runtime.dtype, runtime.device},
                             {});
  const ltx2::LatentUpsampler upsampler(nn::ParamScope(store), config);
  store.warn_unread();
  const auto statistics = statistics_of(runtime);
  const auto small = statistics.denormalised(latents.to(runtime.device)).to(runtime.dtype);
  auto large = upsampler(small);
  if (*request.adain_factor > 0)
    large = ltx2::with_statistics_of(large, small, *request.adain_factor);
  if (*request.tone_map_compression_ratio > 0)
    large = ltx2::tone_mapped(large, *request.tone_map_compression_ratio);
  return statistics.normalised(large.to(at::kFloat));
}

Latents latents_of(const config::Request& request) {
  const auto& file = *request.latents;
  if (std::filesystem::is_regular_file(file)) return read_latents(file);
  throw Error(ErrorKind::kIo, "--latents " + file.string() + ": no such file",
              "a file that --save-latents has written");
}

std::string text_of(const std::vector<int64_t>& shape) {
  if (shape.empty()) return "missing";
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

void require_shape(const Runtime& runtime,
                   const char* what,
                   const at::Tensor& latents,
                   const std::vector<int64_t>& wanted) {
  const std::vector<int64_t> found =
      latents.defined() ? latents.sizes().vec() : std::vector<int64_t>();
  if (found == wanted) return;
  throw Error(ErrorKind::kConfig,
              fmt::format("--latents {}: its {} latents are {} here, but this job's are {}",
                          runtime.request.latents->string(), what, text_of(found), text_of(wanted)),
              "the size, the frames and the rate they were made with (after --latent-upsampler)");
}

}  // namespace

at::Tensor mixed(const at::Tensor& given, const at::Tensor& noise, const at::Tensor& share) {
  return share * noise + (1 - share) * given;
}

std::vector<int64_t> video_latent_shape(const Runtime& runtime) {
  const auto& request = runtime.request;
  const auto latent = plan::latent_shape({*request.width, *request.height, *request.num_frames},
                                         runtime.model.shape);
  return {1, runtime.model.ltx2.vae.latent_channels, latent.frames, latent.height, latent.width};
}

std::vector<int64_t> audio_latent_shape(const Runtime& runtime) {
  const auto& request = runtime.request;
  return plan::ltx2_audio_shape(runtime.model.ltx2, *request.num_frames, *request.fps);
}

Latents given_latents(Runtime& runtime) {
  Latents latents;
  if (runtime.team.is_first()) {
    latents = latents_of(runtime.request);
    if (runtime.request.latent_upsampler) latents.video = upsampled(runtime, latents.video);
  }
  for (auto* part : {&latents.video, &latents.audio})
    *part = parallel::shared_from(runtime.team.replica(), 0, *part);
  // Every rank finds the same fault.
  require_shape(runtime, "video", latents.video, video_latent_shape(runtime));
  require_shape(runtime, "audio", latents.audio, audio_latent_shape(runtime));
  return {latents.video.to(runtime.device), latents.audio.to(runtime.device)};
}

Latents noised(const Runtime& runtime, const Latents& given) {
  const auto& video = given.video;
  tensor::Noise noise(*runtime.request.seed);
  const auto share = at::full({1}, *runtime.request.noise_scale, video.options());
  const auto draw = [&](at::IntArrayRef shape) {
    return noise.draw(shape, at::kFloat).to(video.device());
  };
  Latents result;
  if (runtime.request.image) {
    auto shares = share.expand({1, 1, video.size(2), 1, 1}).clone();
    shares.select(2, 0).zero_();
    result.video = mixed(video, draw(video.sizes()), shares);
  } else {
    const auto tokens = draw({1, video[0][0].numel(), video.size(1)});
    result.video = mixed(video, tokens.transpose(1, 2).reshape(video.sizes()), share);
  }
  const auto sound = ltx2::packed_audio(given.audio);
  result.audio =
      ltx2::unpacked_audio(mixed(sound, draw(sound.sizes()), share), given.audio.size(1));
  return result;
}

}  // namespace kinema::pipeline
