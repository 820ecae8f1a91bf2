// Source: prepare_latents of diffusers' LTX2ConditionPipeline.
#include "pipeline/ltx2_conditions.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "models/ltx2/audio_vae.h"
#include "plan/ltx2_facts.h"
#include "tensor/noise.h"

namespace kinema::pipeline {

Ltx2Conditions ltx2_conditions(const Runtime& runtime, const Ltx2Given& given) {
  auto shape = video_latent_shape(runtime);
  const int64_t frames = shape[2];
  shape[2] += plan::ltx2_appended_frames(runtime.request, frames);
  Ltx2Conditions all;
  all.strengths = at::zeros({shape[2]});
  all.clean = at::zeros(shape, given.conditions.front().options());
  all.start = all.clean.clone();
  if (given.latents.video.defined()) all.start.narrow(2, 0, frames).copy_(given.latents.video);
  for (size_t i = 0; i < given.conditions.size(); ++i) {
    const auto& one = (*runtime.request.conditions)[i];
    const int64_t frame = plan::ltx2_condition_frame(one, frames);
    int64_t place = 0;
    if (frame != 0) {
      place = frames + static_cast<int64_t>(all.shown.size());
      all.shown.push_back(frame);
    }
    all.strengths.select(0, place).fill_(one.strength);
    for (const auto* latents : {&all.clean, &all.start})
      latents->narrow(2, place, 1).copy_(given.conditions[i]);
  }
  return all;
}

Latents noised(const Runtime& runtime, const Ltx2Given& given, const Ltx2Conditions& conditions) {
  const auto& start = conditions.start;
  tensor::Noise noise(*runtime.request.seed);
  const auto draw = [&](at::IntArrayRef tokens) {
    return noise.draw(tokens, at::kFloat).to(start.device());
  };
  const double scale = *runtime.request.noise_scale;
  const auto shares = ((1 - conditions.strengths) * scale).view({1, 1, -1, 1, 1});
  const auto tokens = draw({1, start[0][0].numel(), start.size(1)});
  Latents result;
  result.video =
      mixed(start, tokens.transpose(1, 2).reshape(start.sizes()), shares.to(start.device()));
  const auto sound = audio_latent_shape(runtime);
  auto audio = draw({1, sound[2], sound[1] * sound[3]});
  if (given.latents.audio.defined()) {
    audio = mixed(ltx2::packed_audio(given.latents.audio), audio,
                  at::full({1}, scale, audio.options()));
  }
  result.audio = ltx2::unpacked_audio(audio, sound[1]).contiguous();
  return result;
}

}  // namespace kinema::pipeline
