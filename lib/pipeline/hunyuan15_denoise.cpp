// Latents, times and guidance in float32; the transformer in the run's type.
#include "pipeline/hunyuan15_denoise.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "pipeline/step_end.h"
#include "pipeline/step_preview.h"
#include "plan/geometry.h"
#include "plan/hunyuan15_rules.h"
#include "plan/split_limits.h"
#include "sampling/flow_match.h"
#include "sampling/guidance.h"
#include "sampling/multimodal_guidance.h"
#include "tensor/noise.h"

namespace kinema::pipeline {
namespace {

std::vector<int64_t> latent_sizes(const Runtime& runtime) {
  const auto& request = runtime.request;
  auto shape = plan::latent_shape({*request.width, *request.height, *request.num_frames},
                                  runtime.model.shape);
  return {1, runtime.model.hunyuan15.vae.latent_channels, shape.frames, shape.height, shape.width};
}

// The channels that follow the latents: the picture's latents in the first frame and a mask that
// says so. Undefined for text-to-video, where all of them are zero.
at::Tensor condition_channels(const Runtime& runtime,
                              const std::vector<int64_t>& sizes,
                              const FirstFrame& first_frame) {
  if (!first_frame.latents.defined()) return {};
  auto latents = at::zeros(sizes, runtime.options());
  latents.narrow(2, 0, 1).copy_(first_frame.latents);
  auto mask = at::zeros({1, 1, sizes[2], sizes[3], sizes[4]}, runtime.options());
  mask.narrow(2, 0, 1).fill_(1);
  return at::cat({latents, mask}, 1);
}

config::FlowMatchConfig scheduler_config(const Runtime& runtime) {
  auto config = runtime.model.hunyuan15.scheduler;
  config.shift = *runtime.request.flow_shift;
  return config;
}

}  // namespace

sampling::Guidance guidance_of(const plan::ModelFacts& model, const config::Request& job) {
  return {plan::guider_of(model, job), *job.num_inference_steps};
}

// The loop, on a rank that denoises.
at::Tensor Hunyuan15Denoiser::denoised(Runtime& runtime,
                                       const std::vector<hunyuan15::Condition>& conditions,
                                       const FirstFrame& first_frame) {
  const auto& request = runtime.request;
  const auto numerics = request.numerics;
  const auto sizes = latent_sizes(runtime);
  const auto schedule =
      sampling::flow_schedule(*request.num_inference_steps, scheduler_config(runtime));
  const auto guidance = guidance_of(runtime.model, request);
  runtime.team.begin(plan::video_tokens(request, runtime.model));

  runtime.stages.begin("load");
  auto& transformer = transformer_.get(runtime);
  const auto before = left_before(runtime);
  const int64_t first = before ? before->steps_done : 0;
  transformer.begin(runtime, schedule, sizes, conditions, schedule.steps() - first);
  auto latents =
      tensor::initial_noise(sizes, *request.seed, runtime.dtype).to(runtime.device).to(at::kFloat);
  runtime.dump.add("latents_initial", latents);
  if (before) latents = before->latents.video.to(runtime.device);
  const auto channels = condition_channels(runtime, sizes, first_frame);

  runtime.stages.begin("denoise", schedule.steps() - first);
  StepEnds ends(runtime, schedule.steps());
  for (int64_t step = first; step < schedule.steps(); ++step) {
    auto input = latents.to(runtime.dtype);
    if (channels.defined()) input = at::cat({input, channels}, 1);
    const bool guided = guidance.enabled(step);
    auto velocities = transformer.velocities(input, step, guided ? 2 : 1);
    auto velocity = guidance(velocities[0], guided ? velocities[1] : at::Tensor(), numerics);
    if (step == 0) runtime.dump.add("noise_pred_0", velocity);
    latents = sampling::euler_step(latents, velocity, schedule, step, numerics);
    if (runtime.preview != nullptr && runtime.preview->is_due(step + 1)) {
      const float left = schedule.sigmas[static_cast<size_t>(step) + 1];
      runtime.preview->show(step + 1, sampling::velocity_to_x0(latents, velocity, left));
    }
    ends(step + 1, {latents}, [&] { return Latents{latents, {}}; });
  }
  ends.finish();
  transformer.finish(runtime);
  return latents;
}

at::Tensor Hunyuan15Denoiser::denoise(Runtime& runtime,
                                      const std::vector<hunyuan15::Condition>& conditions,
                                      const FirstFrame& first_frame) {
  at::Tensor latents;
  on_every_rank(runtime, [&] { latents = denoised(runtime, conditions, first_frame); }, {&latents});
  runtime.dump.add("latents_final", latents);
  return latents;
}

}  // namespace kinema::pipeline
