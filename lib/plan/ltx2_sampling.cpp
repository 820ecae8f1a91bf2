// The reference pipeline's defaults; distilled checkpoints run at their own noise levels, without
// guidance.
#include "plan/ltx2_sampling.h"

#include <cmath>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/ltx2_conditions.h"

namespace kinema::plan {
namespace {

// Of one checkpoint, where a job says nothing. Guidance of the sound beside that of the picture.
struct Defaults {
  int64_t steps = 30;
  std::vector<double> sigmas = {};
  double guidance = 3, audio_guidance = 7;
  double stg = 1, modality = 3;
  double rescale = 0.7;
};

Defaults defaults_of(const Ltx2Configs& configs) {
  if (configs.scheduler.use_dynamic_shifting) return {};
  Defaults distilled;
  distilled.sigmas = {1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875};
  distilled.steps = static_cast<int64_t>(distilled.sigmas.size());
  distilled.guidance = distilled.audio_guidance = 1;
  distilled.stg = 0, distilled.modality = 1;
  distilled.rescale = 0;
  return distilled;
}

bool falls(const std::vector<double>& sigmas) {
  double before = std::nextafter(1.0, 2.0);
  for (double sigma : sigmas) {
    if (sigma <= 0 || sigma >= before) return false;
    before = sigma;
  }
  return true;
}

void resolve_steps(Resolution& r, const Defaults& defaults) {
  auto& request = r.request();
  if (!request.sigmas && !request.num_inference_steps && !defaults.sigmas.empty())
    r.fill(request.sigmas, "sigmas", defaults.sigmas, "the distilled model");
  if (!request.sigmas) {
    r.fill(request.num_inference_steps, "num_inference_steps", defaults.steps, "the model");
    return;
  }
  const auto levels = static_cast<int64_t>(request.sigmas->size());
  if (!falls(*request.sigmas))
    r.wrong("--sigmas must fall from 1 at most and stay above 0" + r.from("sigmas"),
            "--sigmas 1,0.7,0.4");
  // As in the reference, where only one of them has an effect.
  if (request.num_inference_steps && *request.num_inference_steps != levels) {
    r.note(fmt::format("{} steps, one for each of --sigmas, instead of {}", levels,
                       *request.num_inference_steps));
    request.num_inference_steps = levels;
    r.job.settings.sources["num_inference_steps"] = "sigmas";
  }
  r.fill(request.num_inference_steps, "num_inference_steps", levels, "sigmas");
}

// The reference takes a sound's 0 for "not given".
void resolve_pair(Resolution& r,
                  const std::string& key,
                  std::optional<double>& picture,
                  double picture_default,
                  std::optional<double>& sound,
                  double sound_default) {
  r.fill(picture, key, picture_default, "the model");
  r.fill(sound, "audio_" + key, sound_default, "the model");
  if (*sound != 0 || *picture == 0) return;
  sound = picture;
  r.job.settings.sources["audio_" + key] = key;
}

void resolve_guidance(Resolution& r, const Defaults& defaults) {
  auto& q = r.request();
  resolve_pair(r, "guidance_scale", q.guidance_scale, defaults.guidance, q.audio_guidance_scale,
               defaults.audio_guidance);
  resolve_pair(r, "guidance_rescale", q.guidance_rescale, defaults.rescale,
               q.audio_guidance_rescale, defaults.rescale);
  resolve_pair(r, "stg_scale", q.stg_scale, defaults.stg, q.audio_stg_scale, defaults.stg);
  resolve_pair(r, "modality_scale", q.modality_scale, defaults.modality, q.audio_modality_scale,
               defaults.modality);
  r.fill(q.spatio_temporal_guidance_blocks, "spatio_temporal_guidance_blocks",
         std::vector<int64_t>{28}, "the model");
}

// Said, not swallowed.
void note_without_effect(Resolution& r) {
  const auto& request = r.request();
  const auto passes = ltx2_passes(r.job.model.ltx2, request);
  const bool perturbing = *request.stg_scale > 0 || *request.audio_stg_scale > 0;
  const bool asked = r.job.settings.source("stg_scale") != "the model" ||
                     r.job.settings.source("spatio_temporal_guidance_blocks") != "the model";
  if (perturbing && !passes.perturbed && asked) {
    r.note(r.job.model.ltx2.transformer.perturbed_attn
               ? "stg_scale has no effect: the transformer has none of the blocks"
               : "stg_scale has no effect with this checkpoint (perturbed_attn is off)");
  }
  if (!passes.negative && r.given("negative_prompt") &&
      r.job.settings.source("negative_prompt") != "the program")
    r.note("negative_prompt has no effect without guidance");
}

void resolve_schedule(Resolution& r) {
  auto& request = r.request();
  const auto& scheduler = r.job.model.ltx2.scheduler;
  // The schedule is stretched to end where the checkpoint says, which a single 1 cannot be.
  const bool only_one =
      request.sigmas ? request.sigmas->back() == 1 : *request.num_inference_steps == 1;
  if (scheduler.shift_terminal > 0 && only_one)
    r.wrong("1 step: this checkpoint's schedule needs 2 at least" + r.from("num_inference_steps"),
            "--num-inference-steps 2");
  if (!scheduler.use_dynamic_shifting) {
    r.fill(request.flow_shift, "flow_shift", scheduler.shift, "scheduler/scheduler_config.json");
  } else if (request.flow_shift) {
    r.wrong("--flow-shift: this checkpoint's schedule follows the number of tokens" +
                r.from("flow_shift"),
            "leave it out, or give --sigmas");
  }
}

void resolve_text(Resolution& r) {
  auto& request = r.request();
  const auto& connectors = r.job.model.ltx2.connectors;
  r.fill(request.max_sequence_length, "max_sequence_length", int64_t{1024}, "the model");
  for (const auto* one : {&connectors.video, &connectors.audio}) {
    const int64_t registers = one->num_learnable_registers;
    if (registers < 1 || *request.max_sequence_length % registers == 0) continue;
    r.wrong(fmt::format("--max-sequence-length {}: must be a multiple of the connectors' {} "
                        "registers{}",
                        *request.max_sequence_length, registers, r.from("max_sequence_length")),
            fmt::format("--max-sequence-length {}",
                        (*request.max_sequence_length / registers + 1) * registers));
    return;
  }
}

void resolve_picture(Resolution& r) {
  auto& request = r.request();
  if (request.image || request.conditions) {
    r.fill(request.image_crf, "image_crf", int64_t{33}, "the model");
  } else if (request.image_crf) {
    r.wrong("--image-crf says how --image is compressed, but there is none", "--image PATH");
  }
}

// With conditions the reference begins with as much noise as the first step is for.
void resolve_noise_scale(Resolution& r) {
  auto& request = r.request();
  if (!request.conditions) {
    r.fill(request.noise_scale, "noise_scale", 0.0, "the model");
  } else if (request.sigmas) {
    r.fill(request.noise_scale, "noise_scale", request.sigmas->front(), "sigmas");
  } else {
    r.fill(request.noise_scale, "noise_scale", 1.0, "the model");
  }
}

// What is done to the latents of an earlier job.
void resolve_start(Resolution& r) {
  auto& request = r.request();
  if (!request.latents) {
    for (const auto* key : {"noise_scale", "latent_upsampler"}) {
      const bool starts = request.conditions && std::string(key) == "noise_scale";
      if (!r.given(key) || starts) continue;
      r.wrong(fmt::format("--{} is for --latents, but there are none{}",
                          std::string(key) == "noise_scale" ? "noise-scale" : "latent-upsampler",
                          r.from(key)),
              "--latents FILE");
    }
  }
  if (!request.latent_upsampler && (request.adain_factor || request.tone_map_compression_ratio)) {
    r.wrong("--adain-factor and --tone-map-compression-ratio are for what --latent-upsampler makes",
            "--latent-upsampler FOLDER");
  }
  resolve_noise_scale(r);
  r.fill(request.adain_factor, "adain_factor", 0.0, "the model");
  r.fill(request.tone_map_compression_ratio, "tone_map_compression_ratio", 0.0, "the model");
}

void check_sound(Resolution& r) {
  const auto& request = r.request();
  if (!request.num_frames || !request.fps) return;  // refused before
  if (ltx2_audio_frames(r.job.model.ltx2, *request.num_frames, *request.fps) > 0) return;
  r.wrong(fmt::format("{} frames at {} fps are too short for a sound", *request.num_frames,
                      config::Value<config::Rational>::text(*request.fps)),
          "more frames, or a lower --fps");
}

}  // namespace

void resolve_ltx2_sampling(Resolution& r) {
  auto& request = r.request();
  const auto defaults = defaults_of(r.job.model.ltx2);
  resolve_steps(r, defaults);
  resolve_guidance(r, defaults);
  resolve_schedule(r);
  resolve_text(r);
  resolve_picture(r);
  check_ltx2_conditions(r);
  resolve_start(r);
  check_sound(r);
  r.fill(request.motion_speed, "motion_speed", 1.0, "the model");
  r.fill(request.decode_timestep, "decode_timestep", 0.0, "the model");
  r.fill(request.decode_noise_scale, "decode_noise_scale", *request.decode_timestep,
         "decode_timestep");
  note_without_effect(r);
}

std::string ltx2_sampling_text(const Job& job) {
  const auto& request = job.request();
  const auto passes = ltx2_passes(job.model.ltx2, request);
  auto number = [](double value) { return config::Value<double>::text(value); };
  if (passes.count() == 1) return "no guidance";
  std::string text;
  auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  auto pair = [&](const char* name, double picture, double sound) {
    add(fmt::format("{} {} (sound {})", name, number(picture), number(sound)));
  };
  if (passes.negative) pair("guidance", *request.guidance_scale, *request.audio_guidance_scale);
  if (passes.perturbed) pair("stg", *request.stg_scale, *request.audio_stg_scale);
  if (passes.isolated) pair("modality", *request.modality_scale, *request.audio_modality_scale);
  add(fmt::format("{} forwards each", passes.count()));
  return text;
}

OrderedJson ltx2_sampling_defaults(const ModelFacts& facts) {
  const auto defaults = defaults_of(facts.ltx2);
  OrderedJson json = {{"num_inference_steps", defaults.steps}};
  if (!defaults.sigmas.empty()) json["sigmas"] = defaults.sigmas;
  json.update({{"guidance_scale", defaults.guidance},
               {"audio_guidance_scale", defaults.audio_guidance},
               {"stg_scale", defaults.stg},
               {"modality_scale", defaults.modality},
               {"guidance_rescale", defaults.rescale}});
  return json;
}

}  // namespace kinema::plan
