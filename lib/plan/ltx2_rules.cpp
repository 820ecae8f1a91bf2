// What planning asks of LTX-2: its configurations, its sizes, and what its passes are split by.
#include "plan/ltx2_rules.h"

#include <cmath>
#include <numeric>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/ltx2_cost.h"
#include "plan/ltx2_memory.h"
#include "plan/ltx2_names.h"
#include "plan/ltx2_sampling.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

using config::ConfigReader;
using config::Strictness;

Ltx2Configs read_configs(const ModelFacts& facts, Strictness strictness) {
  auto open = [&](const std::string& name) {
    return ConfigReader::open(facts.component(name).config, strictness);
  };
  Ltx2Configs configs;
  configs.transformer = read_ltx2_transformer(open("transformer"));
  configs.text_encoder = read_gemma3_text(open("text_encoder"));
  configs.connectors = read_ltx2_connectors(open("connectors"));
  configs.vae = read_ltx2_video_vae(open("vae"));
  configs.audio_vae = read_ltx2_audio_vae(open("audio_vae"));
  configs.vocoder = read_ltx2_vocoder(open("vocoder"));
  configs.scheduler = read_dynamic_flow_match(
      ConfigReader::open(facts.index.folder / "scheduler/scheduler_config.json", strictness));
  return configs;
}

// Two components that must have the same number, each as file and key.
void require_equal(const ModelFacts& facts,
                   const std::string& one,
                   int64_t value,
                   const std::string& other,
                   int64_t wanted) {
  if (value == wanted) return;
  throw Error(ErrorKind::kModel,
              fmt::format("{}: {} is {}, but {} is {}; they must be equal",
                          facts.index.folder.string(), one, value, other, wanted));
}

void check_together(const ModelFacts& facts) {
  const auto& c = facts.ltx2;
  require_equal(facts, "connectors' caption_channels", c.connectors.caption_channels,
                "text_encoder's hidden_size", c.text_encoder.hidden_size);
  require_equal(facts, "connectors' text_proj_in_factor", c.connectors.text_proj_in_factor,
                "text_encoder's num_hidden_layers + 1", c.text_encoder.num_hidden_layers + 1);
  require_equal(facts, "transformer's in_channels", c.transformer.video.in_channels,
                "vae's latent_channels", c.vae.latent_channels);
  require_equal(facts, "transformer's audio_in_channels", c.transformer.audio.in_channels,
                "audio_vae's latent_channels x mel_bins / 4", c.audio_vae.token_channels());
  require_equal(facts, "vocoder's in_channels", c.vocoder.generator.in_channels,
                "audio_vae's output_channels x mel_bins",
                c.audio_vae.output_channels * c.audio_vae.mel_bins);
}

// "2.0" or "2.3" by what sets the releases apart, and what was distilled away.
std::string variant_name(const Ltx2Configs& configs) {
  const std::string version = configs.transformer.use_prompt_embeddings ? "2.0" : "2.3";
  return version + (configs.scheduler.use_dynamic_shifting ? "_dev" : "_distilled");
}

int64_t rounded(double pixels, int64_t multiple) {
  const auto count = static_cast<int64_t>(std::nearbyint(pixels / static_cast<double>(multiple)));
  return std::max<int64_t>(1, count) * multiple;
}

}  // namespace

std::vector<std::string> Ltx2Rules::components(checkpoint::Task) const {
  return {"text_encoder", "connectors", "transformer", "vae", "audio_vae", "vocoder"};
}

void Ltx2Rules::read(ModelFacts& facts, Strictness strictness) const {
  facts.ltx2 = read_configs(facts, strictness);
  check_together(facts);
  facts.variant = variant_name(facts.ltx2);
  facts.shape = {.pixels = facts.ltx2.vae.spatial_compression_ratio,
                 .frames = facts.ltx2.vae.temporal_compression_ratio};
  facts.defaults.vae_tile_size = 512;
  facts.defaults.vae_tile_stride = {7, 8};
}

std::vector<LayerName> Ltx2Rules::layer_names(std::string_view component,
                                              std::string_view layer) const {
  return ltx2_layer_names(component, layer);
}

std::string Ltx2Rules::tasks(const ModelFacts& facts) const {
  if (facts.recommended.text_alone) return checkpoint::task_name(Task::kTextToVideo);
  return "text or image to video";
}

const std::vector<std::string>& Ltx2Rules::own_settings() const {
  static const std::vector<std::string> keys = {"image_crf",
                                                "conditions",
                                                "audio_guidance_scale",
                                                "audio_guidance_rescale",
                                                "stg_scale",
                                                "audio_stg_scale",
                                                "spatio_temporal_guidance_blocks",
                                                "modality_scale",
                                                "audio_modality_scale",
                                                "use_cross_timestep",
                                                "motion_speed",
                                                "sigmas",
                                                "max_sequence_length",
                                                "decode_timestep",
                                                "decode_noise_scale",
                                                "latents",
                                                "noise_scale",
                                                "latent_upsampler",
                                                "adain_factor",
                                                "tone_map_compression_ratio",
                                                "vae_tile_frames",
                                                "vae_tile_frame_stride",
                                                "audio",
                                                "wav"};
  return keys;
}

// About as many pixels as the class has, in the wanted shape.
FrameSize Ltx2Rules::size_for(const ModelFacts& facts, const ShapeWish& wish) const {
  FrameSize base{768, 512};
  if (wish.resolution) {
    base =
        *wish.resolution == config::Resolution::k480p ? FrameSize{832, 480} : FrameSize{1280, 704};
  }
  const auto shape = wish.ratio.value_or(base);
  const double ratio = static_cast<double>(shape.width) / static_cast<double>(shape.height);
  const double area = static_cast<double>(base.width * base.height);
  const int64_t multiple = facts.shape.size_multiple();
  return {rounded(std::sqrt(area * ratio), multiple), rounded(std::sqrt(area / ratio), multiple)};
}

void Ltx2Rules::resolve_sampling(Resolution& r) const { resolve_ltx2_sampling(r); }

int64_t Ltx2Rules::branches(const ModelFacts& facts, const config::Request& request) const {
  return ltx2_passes(facts.ltx2, request).count();
}

int64_t Ltx2Rules::appended_frames(const config::Request& request,
                                   const LatentShape& latent) const {
  return ltx2_appended_frames(request, latent.frames);
}

int64_t Ltx2Rules::heads(const ModelFacts& facts) const {
  const auto& transformer = facts.ltx2.transformer;
  return std::gcd(transformer.video.num_attention_heads, transformer.audio.num_attention_heads);
}

int64_t Ltx2Rules::mlp_width(const ModelFacts& facts) const {
  const auto& transformer = facts.ltx2.transformer;
  return std::gcd(transformer.video.mlp_width(), transformer.audio.mlp_width());
}

DenoiserShape Ltx2Rules::denoiser(const Job& job) const {
  const auto& request = job.request();
  const auto& configs = job.model.ltx2;
  return ltx2_denoiser(configs.transformer,
                       {.video = job.tokens,
                        .audio = ltx2_audio_frames(configs, job.video.frames, *request.fps),
                        .text = request.max_sequence_length.value_or(0),
                        .passes = branches(job.model, request)},
                       *request.dtype);
}

MemoryPlan Ltx2Rules::memory(const ModelFacts& facts, const MemoryInput& input) const {
  return ltx2_memory(facts, input);
}

std::string Ltx2Rules::sampling_text(const Job& job) const { return ltx2_sampling_text(job); }

OrderedJson Ltx2Rules::sampling_defaults(const ModelFacts& facts) const {
  return ltx2_sampling_defaults(facts);
}

}  // namespace kinema::plan
