// Tiling, and whether the job fits.
#include "base/log.h"
#include "plan/hunyuan15_memory.h"
#include "plan/resolution.h"
#include "plan/tiles.h"

namespace kinema::plan {
namespace {

using config::VaeTiling;

MemoryPlan estimate(const Resolution& r, bool tiled) {
  const auto& request = r.job.request();
  MemoryInput input;
  input.video = r.job.video;
  input.prompt_bytes = static_cast<int64_t>(
      std::max(request.prompt.value_or("").size(), request.negative_prompt->size()));
  input.steps = *request.num_inference_steps;
  input.branches = r.job.model.branches(*request.guidance_scale);
  input.use = {.dtype = *request.dtype,
               .on_cpu = request.device.kind == config::Device::Kind::kCpu,
               .parallel = r.job.parallel,
               .offload = request.offload};
  input.tiled = tiled;
  input.tile_size = *request.vae_tile_size;
  input.keeps_video = request.save_tensors.has_value();
  return hunyuan15_memory(r.job.model, input);
}

// What must be free: on the CPU, mapped weights can be dropped and read again.
uint64_t needed(const Resolution& r, const StageEstimate& stage) {
  return r.job.request().device.kind == config::Device::Kind::kCpu ? stage.peak() - stage.mapped
                                                                   : stage.peak();
}

bool fits(const Resolution& r, const StageEstimate& stage) {
  return r.job.memory_limit == 0 || needed(r, stage) <= r.job.memory_limit;
}

// For one process. Processes on the CPU share what is free.
uint64_t limit(const Resolution& r) {
  const auto& request = r.job.request();
  if (request.max_memory) return static_cast<uint64_t>(*request.max_memory * 1e9);
  if (request.device.kind != config::Device::Kind::kCpu) return 0;
  return r.around.host_memory / static_cast<uint64_t>(r.job.parallel.world_size());
}

void check_tiles(Resolution& r) {
  auto& request = r.request();
  const bool sized = request.vae_tile_size || request.vae_tile_stride;
  if (sized && request.vae_tiling == VaeTiling::kOff) {
    r.wrong("--vae-tile-size and --vae-tile-stride mean nothing with --vae-tiling off",
            "--vae-tiling on");
  }
  const int64_t unit = r.job.model.shape.pixels;
  r.fill(request.vae_tile_size, "vae_tile_size", r.job.model.defaults.vae_tile_size, "the model");
  const int64_t size = *request.vae_tile_size;
  r.fill(request.vae_tile_stride, "vae_tile_stride",
         std::max<int64_t>(unit, size / unit * 3 / 4 * unit), "three quarters of the size");
  check_tiling({size, *request.vae_tile_stride}, unit, r.violations);
}

// What decoding in tiles would need less than now; 0 if it would not.
uint64_t saved_by_tiles(const Resolution& r) {
  const uint64_t tiled = needed(r, estimate(r, true).stages.back());
  const uint64_t now = needed(r, r.job.memory.stages.back());
  return tiled < now ? now - tiled : 0;
}

void choose_tiling(Resolution& r) {
  auto& tiling = r.request().vae_tiling;
  r.job.memory = estimate(r, tiling == VaeTiling::kOn);
  if (tiling != VaeTiling::kAuto) return;
  const bool shared = r.job.parallel.vae_patch > 1;
  const bool helps = !fits(r, r.job.memory.stages.back()) && saved_by_tiles(r) > 0;
  tiling = shared || helps ? VaeTiling::kOn : VaeTiling::kOff;
  r.job.settings.sources["vae_tiling"] = shared  ? "tiles are shared"
                                         : helps ? "whole frames would not fit"
                                                 : "whole frames";
  if (tiling == VaeTiling::kOn) r.job.memory = estimate(r, true);
  if (helps) r.note("decoding in tiles: whole frames would not fit");
}

std::string remedy(const Resolution& r, const StageEstimate& stage) {
  const bool whole = stage.stage == "decode" && r.job.request().vae_tiling == VaeTiling::kOff;
  if (!whole || saved_by_tiles(r) == 0) return "a smaller size or fewer frames";
  return fmt::format("--vae-tiling on ({} GB)", gigabytes(needed(r, stage) - saved_by_tiles(r)));
}

void check_fit(Resolution& r) {
  const auto* limit = r.request().max_memory ? "allowed (--max-memory)" : "free";
  for (const auto& stage : r.job.memory.stages) {
    if (fits(r, stage)) continue;
    r.violations.add(ErrorKind::kMemory,
                     fmt::format("{} needs {} GB, {} GB are {}", stage.stage,
                                 gigabytes(needed(r, stage)), gigabytes(r.job.memory_limit), limit),
                     remedy(r, stage));
  }
}

}  // namespace

void resolve_memory(Resolution& r) {
  check_tiles(r);
  if (!r.violations.empty()) return;  // the estimate needs a layout and tiles that can be
  r.job.memory_limit = limit(r);
  choose_tiling(r);
  check_fit(r);
}

}  // namespace kinema::plan
