// Transformer, times and guidance together: from the stored cases' initial latents to the final
// ones.
#include <filesystem>
#include <map>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/json.h"
#include "checkpoint/component.h"
#include "models/ltx2/transformer.h"
#include "sampling/flow_match.h"
#include "sampling/multimodal_guidance.h"
#include "support/local_seams.h"
#include "support/tensors.h"
#include "weights/weight_store.h"

namespace kinema::ltx2 {
namespace {

using sampling::GuidanceScales;

// A folder of tests/data/ltx2.
class Case {
 public:
  explicit Case(const std::string& name)
      : folder_(std::filesystem::path(KINEMA_TEST_DATA) / "ltx2" / name),
        call_(read_json(folder_ / "case.json", ErrorKind::kIo)),
        expected_(test::stored_tensors("ltx2/" + name + "/expected.safetensors")),
        transformer(config::read_ltx2_transformer(open("transformer/config.json"))),
        scheduler(config::read_dynamic_flow_match(open("scheduler/scheduler_config.json"))),
        store(checkpoint::Component::open(folder_ / "model/transformer"), {}) {}

  const at::Tensor& at(const std::string& name) const { return expected_.at(name); }
  const Json& call(const char* key) const { return call_.at(key); }
  GuidanceScales scales(const std::string& prefix) const {
    auto value = [&](const char* key) { return call_.at(prefix + key).get<double>(); };
    return {value("guidance_scale"), value("stg_scale"), value("modality_scale"),
            value("guidance_rescale")};
  }
  bool has_picture() const { return expected_.contains("cond_latents"); }

 private:
  config::ConfigReader open(const std::string& file) const {
    return config::ConfigReader::open(folder_ / "model" / file, config::Strictness::kStrict);
  }

  std::filesystem::path folder_;
  Json call_;
  std::map<std::string, at::Tensor> expected_;

 public:
  config::Ltx2TransformerConfig transformer;
  config::FlowMatchConfig scheduler;
  weights::WeightStore store;
};

// [B, C, T, H, W] or [B, C, L, M] -> tokens.
at::Tensor video_tokens(const at::Tensor& x) { return x.flatten(2).transpose(1, 2).contiguous(); }
at::Tensor audio_tokens(const at::Tensor& x) { return x.transpose(1, 2).flatten(2); }

// The passes of a step, and which prediction each of them is.
struct Kind {
  Pass pass;
  at::Tensor sampling::Predictions::*prediction;
};

std::vector<Kind> all_kinds(const Case& stored) {
  Pass perturbed;
  if (stored.transformer.perturbed_attn)
    perturbed.perturbed =
        stored.call("spatio_temporal_guidance_blocks").get<std::vector<int64_t>>();
  return {{{}, &sampling::Predictions::conditional},
          {{.condition = 1}, &sampling::Predictions::unconditional},
          {perturbed, &sampling::Predictions::perturbed},
          {{.isolated = true}, &sampling::Predictions::isolated}};
}

}  // namespace

TEST_CASE("Denoising ends with the reference's latents", "[ltx2][denoising]") {
  Case stored(GENERATE("t2v", "i2v"));
  Streams x{video_tokens(stored.at("latents_initial")),
            audio_tokens(stored.at("audio_latents_initial"))};
  const int64_t tokens = x.video.size(1);
  auto fixed = at::zeros({tokens});
  const auto frames = stored.at("latents_initial").size(2);
  if (stored.has_picture()) fixed.narrow(0, 0, tokens / frames).fill_(1);

  const auto schedule =
      sampling::flow_schedule(sampling::even_sigmas(stored.at("timesteps").size(0)),
                              stored.scheduler, sampling::dynamic_shift(tokens, stored.scheduler));
  REQUIRE(at::equal(at::tensor(schedule.sigmas), stored.at("sigmas")));
  const nn::ParamScope scope(stored.store);
  test::LocalSeams local;
  const Transformer transformer(scope, stored.transformer, local.seams());
  auto table = std::make_shared<const ModulationTable>(
      scope, stored.transformer, at::tensor(schedule.timesteps), NoiseLevels(fixed),
      stored.call("use_cross_timestep") ? CrossTime::kOther : CrossTime::kOwn);
  auto prepared = transformer.prepare(
      {stored.at("video_coords")[0], stored.at("audio_coords")[0]}, table,
      {{stored.at("prompt_embeds"), stored.at("prompt_embeds_2")},
       {stored.at("negative_prompt_embeds"), stored.at("negative_prompt_embeds_2")}});

  const auto video_scales = stored.scales("");
  auto audio_scales = stored.scales("audio_");
  if (audio_scales.guidance == 0) audio_scales.guidance = video_scales.guidance;
  const auto kinds = all_kinds(stored);
  std::vector<Pass> passes;
  for (const auto& kind : kinds) passes.push_back(kind.pass);
  for (int64_t step = 0; step < schedule.steps(); ++step) {
    const float sigma = schedule.sigmas[static_cast<size_t>(step)];
    const auto velocities = transformer.velocity(prepared, x, step, passes);
    if (step == 0) {
      CHECK(test::scaled_difference(velocities[1].video, stored.at("step0_negative_video")) < 1e-5);
      CHECK(test::scaled_difference(velocities[2].audio, stored.at("step0_stg_audio")) < 1e-5);
    }
    sampling::Predictions video, audio;
    for (size_t i = 0; i < kinds.size(); ++i) {
      video.*kinds[i].prediction = sampling::velocity_to_x0(x.video, velocities[i].video, sigma);
      audio.*kinds[i].prediction = sampling::velocity_to_x0(x.audio, velocities[i].audio, sigma);
    }
    auto v = sampling::x0_to_velocity(x.video, sampling::guided(video, video_scales), sigma);
    auto a = sampling::x0_to_velocity(x.audio, sampling::guided(audio, audio_scales), sigma);
    if (step == 0) {
      CHECK(test::scaled_difference(v, video_tokens(stored.at("noise_pred_0"))) < 2e-5);
      CHECK(test::scaled_difference(a, audio_tokens(stored.at("audio_noise_pred_0"))) < 2e-5);
    }
    // Tokens that are fixed do not move.
    v = v * (1 - fixed).unsqueeze(-1);
    x.video = sampling::euler_step(x.video, v, schedule, step, sampling::Numerics::kTrained);
    x.audio = sampling::euler_step(x.audio, a, schedule, step, sampling::Numerics::kTrained);
  }
  CHECK(test::scaled_difference(x.video, video_tokens(stored.at("latents_final"))) < 2e-5);
  CHECK(test::scaled_difference(x.audio, audio_tokens(stored.at("audio_latents_final"))) < 2e-5);
}

}  // namespace kinema::ltx2
