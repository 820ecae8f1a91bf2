// Asks the model's family; knows what --max-memory and the machine allow.
#include "plan/estimate.h"

#include <algorithm>
#include <optional>
#include <string>

#include "plan/memory_input.h"

namespace kinema::plan {
namespace {

// Straight marks, or the opening one of a pair.
bool quotes(const std::optional<std::string>& prompt) {
  return prompt &&
         (prompt->find('"') != std::string::npos || prompt->find("\u201c") != std::string::npos);
}

}  // namespace

MemoryPlan estimated_memory(const Job& job, const ParallelPlan& plan, config::VaeTiling tiling) {
  const auto& request = job.request();
  const auto& rules = job.model.rules();
  MemoryInput input;
  input.video = job.video;
  input.fps = *request.fps;
  input.prompt_bytes = static_cast<int64_t>(
      std::max(request.prompt.value_or("").size(), request.negative_prompt.value_or("").size()));
  input.quotes = quotes(request.prompt) || quotes(request.negative_prompt);
  input.sound = request.audio;
  input.text_tokens = request.max_sequence_length.value_or(0);
  input.steps = *request.num_inference_steps;
  input.video_tokens = job.tokens;
  input.encodes_pictures = request.image || request.conditions;
  input.branches = rules.branches(job.model, request);
  input.use = {.dtype = *request.dtype,
               .on_cpu = job.on_cpu(),
               .parallel = plan,
               .offload = request.offload,
               .resident_blocks = request.resident_blocks.value_or(0),
               .slots = request.stream_slots.value_or(2),
               .host_memory = job.host_memory,
               .machine_ranks = job.predicted.rates.together(plan.world_size())};
  input.load_ahead = request.load_ahead;
  input.kernels = request.kernels;
  input.tiled = tiling == config::VaeTiling::kOn;
  input.tile_size = request.vae_tile_size.value_or(job.model.defaults.vae_tile_size);
  input.keeps_video = request.save_tensors.has_value();
  return rules.memory(job.model, input);
}

uint64_t needed_bytes(const Job& job, const StageEstimate& stage) {
  return job.on_cpu() ? stage.peak() - stage.mapped : stage.peak();
}

uint64_t allowed_bytes(const Job& job, const Surroundings& around, const ParallelPlan& plan) {
  const auto& request = job.request();
  if (request.max_memory) return static_cast<uint64_t>(*request.max_memory * 1e9);
  const auto here = static_cast<uint64_t>(around.local_ranks.value_or(plan.world_size()));
  if (job.on_cpu()) return around.host_memory / here;
  const auto gpus = std::max<uint64_t>(1, around.gpus.size());
  return usable_memory(job.predicted.rates) / (request.share_gpus ? (here + gpus - 1) / gpus : 1);
}

}  // namespace kinema::plan
