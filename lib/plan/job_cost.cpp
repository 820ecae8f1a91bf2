// Each family fills in its own shape.
#include "plan/job_cost.h"

#include <algorithm>

#include "plan/hunyuan15_cost.h"
#include "plan/ltx2_cost.h"

namespace kinema::plan {
namespace {

// Each byte of a prompt is a token at most; a picture has its own.
int64_t hunyuan15_text(const Job& job) {
  constexpr int64_t kMostTextTokens = 1000, kMarkers = 5;
  const auto& request = job.request();
  const auto bytes =
      std::max(request.prompt.value_or("").size(), request.negative_prompt.value_or("").size());
  int64_t tokens = std::min(static_cast<int64_t>(bytes) + kMarkers, kMostTextTokens);
  if (const auto& vision = job.model.hunyuan15.image_encoder) {
    const int64_t side = vision->image_size / vision->patch_size;
    tokens += side * side;
  }
  return tokens;
}

DenoiserShape hunyuan15_shape(const Job& job) {
  const auto& request = job.request();
  return hunyuan15_denoiser(job.model.hunyuan15.transformer,
                            {.video = job.tokens,
                             .text = hunyuan15_text(job),
                             .passes = job.model.rules().branches(job.model, request)},
                            *request.dtype);
}

DenoiserShape ltx2_shape(const Job& job) {
  const auto& request = job.request();
  const auto& configs = job.model.ltx2;
  return ltx2_denoiser(configs.transformer,
                       {.video = job.tokens,
                        .audio = ltx2_audio_frames(configs, job.video.frames, *request.fps),
                        .text = request.max_sequence_length.value_or(0),
                        .passes = job.model.rules().branches(job.model, request)},
                       *request.dtype);
}

}  // namespace

DenoiserShape denoiser_shape(const Job& job) {
  return job.model.index.family == checkpoint::Family::kLtx2 ? ltx2_shape(job)
                                                             : hunyuan15_shape(job);
}

MachineRates machine_rates(const Job& job, const Surroundings& around, int64_t ranks) {
  const auto& request = job.request();
  const int64_t here = around.local_ranks.value_or(ranks);
  MachineRates rates;
  if (request.device.kind == config::Device::Kind::kCuda) {
    const auto index = static_cast<size_t>(request.device.index);
    rates = gpu_rates(index < around.gpus.size() ? around.gpus[index] : "");
  } else {
    const int64_t cores = std::max<int64_t>(1, around.cores / std::max<int64_t>(1, here));
    rates = cpu_rates(request.threads.value_or(cores));
  }
  rates.ranks_per_machine = here < ranks ? here : 0;
  return rates;
}

}  // namespace kinema::plan
