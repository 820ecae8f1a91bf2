// Latents, times and guidance in float32; the transformer in the run's type. Everything is in
// tokens here; latents have their grid before and after.
#include "pipeline/ltx2_denoise.h"

#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "models/ltx2/audio_vae.h"
#include "pipeline/ltx2_conditions.h"
#include "pipeline/step_end.h"
#include "pipeline/step_preview.h"
#include "plan/ltx2_facts.h"
#include "sampling/multimodal_guidance.h"
#include "tensor/noise.h"

namespace kinema::pipeline {
namespace {

using sampling::GuidanceScales;

// Between latents and tokens of one job. A condition that is appended to the tokens is one more
// latent frame.
class Shapes {
 public:
  explicit Shapes(const Runtime& runtime)
      : video(video_latent_shape(runtime)), audio(audio_latent_shape(runtime)), frames(video[2]) {
    video[2] += plan::ltx2_appended_frames(runtime.request, frames);
  }

  ltx2::Streams tokens(const Latents& latents) const {
    return {tokens_of_video(latents.video), ltx2::packed_audio(latents.audio).contiguous()};
  }
  at::Tensor tokens_of_video(const at::Tensor& latents) const {
    return latents.flatten(2).transpose(1, 2).contiguous();
  }
  Latents latents(const ltx2::Streams& tokens) const {
    return {tokens.video.transpose(1, 2).reshape(video),
            ltx2::unpacked_audio(tokens.audio, audio[1]).contiguous()};
  }
  // Without what was appended.
  Latents own(const Latents& latents) const {
    return {latents.video.narrow(2, 0, frames).contiguous(), latents.audio};
  }
  int64_t frame_tokens() const { return video[3] * video[4]; }
  int64_t video_tokens() const { return video[2] * frame_tokens(); }

  std::vector<int64_t> video, audio;
  int64_t frames;  // of the video alone
};

// One generator, the video first.
Latents initial_latents(const Runtime& runtime,
                        const Shapes& shapes,
                        const Ltx2Given& given,
                        const Ltx2Conditions& conditions) {
  if (conditions.start.defined()) return noised(runtime, given, conditions);
  if (given.latents.video.defined()) return noised(runtime, given.latents);
  tensor::Noise noise(*runtime.request.seed);
  auto video = noise.draw(shapes.video, at::kFloat).to(runtime.device);
  if (given.first_frame.defined()) video.narrow(2, 0, 1).copy_(given.first_frame);
  return {video, noise.draw(shapes.audio, at::kFloat).to(runtime.device)};
}

sampling::FlowSchedule schedule_of(const Runtime& runtime, int64_t tokens) {
  const auto& request = runtime.request;
  auto config = runtime.model.ltx2.scheduler;
  if (request.flow_shift) config.shift = *request.flow_shift;
  const auto sigmas =
      request.sigmas ? *request.sigmas : sampling::even_sigmas(*request.num_inference_steps);
  return sampling::flow_schedule(sigmas, config, sampling::dynamic_shift(tokens, config));
}

ltx2::Positions positions_of(const Runtime& runtime,
                             const Shapes& shapes,
                             const Ltx2Conditions& conditions) {
  const auto& config = runtime.model.ltx2.transformer;
  const double rate = runtime.request.fps->value() / *runtime.request.motion_speed;
  const int64_t height = shapes.video[3], width = shapes.video[4];
  std::vector<at::Tensor> video = {ltx2::video_bounds(shapes.frames, height, width, rate, config)};
  for (int64_t frame : conditions.shown)
    video.push_back(ltx2::keyframe_bounds(frame, height, width, rate, config));
  return {at::cat(video, 1), ltx2::audio_bounds(shapes.audio[2], config)};
}

GuidanceScales video_scales(const config::Request& job) {
  return {*job.guidance_scale, *job.stg_scale, *job.modality_scale, *job.guidance_rescale};
}

GuidanceScales audio_scales(const config::Request& job) {
  return {*job.audio_guidance_scale, *job.audio_stg_scale, *job.audio_modality_scale,
          *job.audio_guidance_rescale};
}

// The order of a step's passes, and what each of them predicts.
struct Guide {
  std::vector<ltx2::Pass> passes = {{}};
  std::vector<at::Tensor sampling::Predictions::*> predictions = {
      &sampling::Predictions::conditional};

  explicit Guide(const Runtime& runtime) {
    const auto& request = runtime.request;
    const auto wanted = plan::ltx2_passes(runtime.model.ltx2, request);
    auto add = [this](ltx2::Pass pass, at::Tensor sampling::Predictions::*prediction) {
      passes.push_back(std::move(pass));
      predictions.push_back(prediction);
    };
    if (wanted.negative) add({.condition = 1}, &sampling::Predictions::unconditional);
    if (wanted.perturbed)
      add({.perturbed = *request.spatio_temporal_guidance_blocks},
          &sampling::Predictions::perturbed);
    if (wanted.isolated) add({.isolated = true}, &sampling::Predictions::isolated);
  }

  // The guided result (x0) of one stream: `of` it from each pass's.
  at::Tensor result(const at::Tensor& latents,
                    const std::vector<ltx2::Streams>& velocities,
                    at::Tensor ltx2::Streams::*of,
                    const GuidanceScales& scales,
                    float sigma) const {
    sampling::Predictions x0;
    for (size_t i = 0; i < velocities.size(); ++i)
      x0.*predictions[i] =
          sampling::velocity_to_x0(latents, (velocities[i].*of).to(at::kFloat), sigma);
    return sampling::guided(x0, scales);
  }
};

// How far each token is given: those of a first frame wholly, those of conditions as far as they
// are strong.
at::Tensor fixed_tokens(const Runtime& runtime,
                        const Shapes& shapes,
                        const Ltx2Conditions& conditions) {
  auto frames = at::zeros({shapes.video[2]});
  if (runtime.request.image) frames.select(0, 0).fill_(1);
  if (conditions.strengths.defined()) frames = conditions.strengths;
  return frames.unsqueeze(1).repeat({1, shapes.frame_tokens()}).flatten();
}

// A step's guided velocities of tokens; given ones are drawn to what they should be.
class Guidance {
 public:
  Guidance(const Runtime& runtime,
           const Shapes& shapes,
           const at::Tensor& fixed,
           const Ltx2Conditions& conditions)
      : request_(runtime.request), guide_(runtime), fixed_(fixed.unsqueeze(-1).to(runtime.device)) {
    if (conditions.clean.defined()) clean_ = shapes.tokens_of_video(conditions.clean);
  }

  const std::vector<ltx2::Pass>& passes() const { return guide_.passes; }

  ltx2::Streams velocity(const ltx2::Streams& x,
                         const std::vector<ltx2::Streams>& velocities,
                         float sigma) const {
    auto video =
        guide_.result(x.video, velocities, &ltx2::Streams::video, video_scales(request_), sigma);
    const auto audio =
        guide_.result(x.audio, velocities, &ltx2::Streams::audio, audio_scales(request_), sigma);
    if (clean_.defined()) video = video * (1 - fixed_) + clean_ * fixed_;
    return {sampling::x0_to_velocity(x.video, video, sigma),
            sampling::x0_to_velocity(x.audio, audio, sigma)};
  }
  // A first frame that is given does not move.
  at::Tensor moving(const at::Tensor& velocity) const {
    return clean_.defined() ? velocity : velocity * (1 - fixed_);
  }

 private:
  const config::Request& request_;
  Guide guide_;
  at::Tensor fixed_, clean_;
};

void dump(Runtime& runtime, const std::string& video, const std::string& audio, const Latents& x) {
  runtime.dump.add(video, x.video);
  runtime.dump.add(audio, x.audio);
}

}  // namespace

Latents Ltx2Denoiser::denoised(Runtime& runtime,
                               const std::vector<ltx2::TextEmbeds>& conditions,
                               const Ltx2Given& given) {
  const Shapes shapes(runtime);
  const auto pictures =
      given.conditions.empty() ? Ltx2Conditions() : ltx2_conditions(runtime, given);
  const auto schedule = schedule_of(runtime, shapes.video_tokens());
  const auto fixed = fixed_tokens(runtime, shapes, pictures);
  const Guidance guidance(runtime, shapes, fixed, pictures);
  runtime.team.begin(shapes.video_tokens());

  runtime.stages.begin("load");
  auto& transformer = transformer_.get(runtime);
  const auto before = left_before(runtime);
  const int64_t first = before ? before->steps_done : 0;
  transformer.begin(runtime, schedule, positions_of(runtime, shapes, pictures), fixed, conditions,
                    guidance.passes(), schedule.steps() - first);
  auto start = initial_latents(runtime, shapes, given, pictures);
  dump(runtime, "latents_initial", "audio_latents_initial", shapes.own(start));
  if (before)
    start = {before->latents.video.to(runtime.device), before->latents.audio.to(runtime.device)};
  auto x = shapes.tokens(start);

  runtime.stages.begin("denoise", schedule.steps() - first);
  StepEnds ends(runtime, schedule.steps());
  for (int64_t step = first; step < schedule.steps(); ++step) {
    const float sigma = schedule.sigmas[static_cast<size_t>(step)];
    const auto velocities =
        transformer.velocities({x.video.to(runtime.dtype), x.audio.to(runtime.dtype)}, step);
    auto v = guidance.velocity(x, velocities, sigma);
    if (step == 0)
      dump(runtime, "noise_pred_0", "audio_noise_pred_0", shapes.own(shapes.latents(v)));
    v.video = guidance.moving(v.video);
    const auto stepped = sampling::Numerics::kTrained;
    x.video = sampling::euler_step(x.video, v.video, schedule, step, stepped);
    x.audio = sampling::euler_step(x.audio, v.audio, schedule, step, stepped);
    if (runtime.preview != nullptr && runtime.preview->is_due(step + 1)) {
      const float left = schedule.sigmas[static_cast<size_t>(step) + 1];
      const auto clean = sampling::velocity_to_x0(x.video, v.video, left);
      runtime.preview->show(step + 1, shapes.own(shapes.latents({clean, x.audio})).video);
    }
    ends(step + 1, {x.video, x.audio}, [&] { return shapes.latents(x); });
  }
  ends.finish();
  transformer.finish(runtime);
  return shapes.own(shapes.latents(x));
}

Latents Ltx2Denoiser::denoise(Runtime& runtime,
                              const std::vector<ltx2::TextEmbeds>& conditions,
                              const Ltx2Given& given) {
  Latents latents;
  on_every_rank(runtime, [&] { latents = denoised(runtime, conditions, given); },
                {&latents.video, &latents.audio});
  dump(runtime, "latents_final", "audio_latents_final", latents);
  return latents;
}

}  // namespace kinema::pipeline
