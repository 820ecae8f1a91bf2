// Tiling, and whether the job fits.
#include <algorithm>

#include "base/log.h"
#include "plan/estimate.h"
#include "plan/residency_choices.h"
#include "plan/resolution.h"
#include "plan/tiles.h"

namespace kinema::plan {
namespace {

using config::LoadAhead;
using config::VaeTiling;

bool fits(const Resolution& r, const StageEstimate& stage) {
  return r.job.memory_limit == 0 || needed_bytes(r.job, stage) <= r.job.memory_limit;
}

MemoryPlan estimate(const Resolution& r, VaeTiling tiling) {
  return estimated_memory(r.job, r.job.parallel, tiling);
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
  const auto& share = r.job.model.defaults.vae_tile_stride;
  r.fill(request.vae_tile_stride, "vae_tile_stride",
         std::max<int64_t>(unit, size / unit * share.num / share.den * unit),
         fmt::format("{}/{} of the size", share.num, share.den));
  check_tiling({size, *request.vae_tile_stride}, unit, r.violations);
}

void check_frame_tiles(Resolution& r) {
  auto& request = r.request();
  if (!request.vae_tile_frames) {
    if (request.vae_tile_frame_stride)
      r.wrong("--vae-tile-frame-stride needs --vae-tile-frames", "--vae-tile-frames N");
    return;
  }
  if (request.vae_tiling == VaeTiling::kOff)
    r.wrong("--vae-tile-frames means nothing with --vae-tiling off", "--vae-tiling on");
  const int64_t unit = r.job.model.shape.frames;
  r.fill(request.vae_tile_frame_stride, "vae_tile_frame_stride",
         std::max<int64_t>(unit, *request.vae_tile_frames / unit / 2 * unit), "half of the frames");
  check_frame_tiling({*request.vae_tile_frames, *request.vae_tile_frame_stride}, unit,
                     r.violations);
}

// What decoding in tiles would need less than now; 0 if it would not.
uint64_t saved_by_tiles(const Resolution& r) {
  const uint64_t tiled = needed_bytes(r.job, estimate(r, VaeTiling::kOn).stages.back());
  const uint64_t now = needed_bytes(r.job, r.job.memory.stages.back());
  return tiled < now ? now - tiled : 0;
}

void choose_tiling(Resolution& r) {
  auto& tiling = r.request().vae_tiling;
  r.job.memory = estimate(r, tiling);
  if (tiling != VaeTiling::kAuto) return;
  const bool shared = r.job.parallel.vae_patch > 1, framewise = r.request().vae_tile_frames > 0;
  const bool helps = !fits(r, r.job.memory.stages.back()) && saved_by_tiles(r) > 0;
  tiling = shared || framewise || helps ? VaeTiling::kOn : VaeTiling::kOff;
  r.job.settings.sources["vae_tiling"] = shared      ? "tiles are shared"
                                         : framewise ? "vae_tile_frames"
                                         : helps     ? "whole frames would not fit"
                                                     : "whole frames";
  if (tiling == VaeTiling::kOn) r.job.memory = estimate(r, VaeTiling::kOn);
  if (helps) r.note("decoding in tiles: whole frames would not fit");
}

// What may be loaded ahead unasked. On the CPU nothing: loading wants the cores that compute.
uint64_t most_bytes(const Resolution& r) { return r.job.on_cpu() ? 0 : r.job.memory_limit; }

bool all_within(const MemoryPlan& memory, uint64_t bytes) {
  return std::all_of(memory.stages.begin(), memory.stages.end(),
                     [&](const auto& stage) { return stage.peak() <= bytes; });
}

void choose_ahead(Resolution& r) {
  auto& choice = r.request().load_ahead;
  const bool leaves = r.request().offload == config::Offload::kModel;
  if (leaves && choice != LoadAhead::kAuto && choice != LoadAhead::kNone)
    r.wrong("--load-ahead: with --offload model no network is there before its stage",
            "--load-ahead none");
  if (choice == LoadAhead::kAuto) {
    const uint64_t most = most_bytes(r);
    choice = LoadAhead::kNone;
    const bool may = !leaves && r.around.scope != Scope::kDecoding;
    for (const auto candidate : {LoadAhead::kAll, LoadAhead::kTransformer, LoadAhead::kVae}) {
      // After a single step there is no other beside which the VAE could be loaded.
      const bool late =
          loads_ahead(candidate, LoadAhead::kVae) && *r.request().num_inference_steps < 2;
      if (!may || late || choice != LoadAhead::kNone) continue;
      choice = candidate;
      if (!all_within(estimate(r, r.request().vae_tiling), most)) choice = LoadAhead::kNone;
    }
    r.job.settings.sources["load_ahead"] =
        choice == LoadAhead::kNone ? "the plan" : "what fits beside the stage";
  }
  r.job.memory = estimate(r, r.request().vae_tiling);
}

// The choices by which the stage would fit; empty where none does.
std::string fitting_choices(const Resolution& r, const StageEstimate& stage) {
  std::string text;
  for (const auto& choice : residency_choices(r.job, r.around)) {
    for (const auto& one : choice.memory.stages) {
      const auto needed = needed_bytes(r.job, one);
      if (choice.own || one.stage != stage.stage || needed > r.job.memory_limit) continue;
      text +=
          fmt::format("{}{} ({} GB)", text.empty() ? "" : ", or ", choice.flags, gigabytes(needed));
    }
  }
  return text;
}

std::string remedy(const Resolution& r, const StageEstimate& stage) {
  const uint64_t bare = needed_bytes(r.job, stage) - stage.ahead;
  if (stage.ahead > 0 && bare <= r.job.memory_limit)
    return fmt::format("--load-ahead none ({} GB)", gigabytes(bare));
  if (auto choices = fitting_choices(r, stage); !choices.empty()) return choices;
  const bool whole = stage.stage == "decode" && r.job.request().vae_tiling == VaeTiling::kOff;
  if (!whole || saved_by_tiles(r) == 0) return "a smaller size or fewer frames";
  return fmt::format("--vae-tiling on ({} GB)",
                     gigabytes(needed_bytes(r.job, stage) - saved_by_tiles(r)));
}

// Whether a card's name alone says how much there is.
bool guessed(const Job& job) { return !job.on_cpu() && !job.request().max_memory; }

// Who says how much there is.
std::string limit_words(const Job& job) {
  if (job.request().max_memory) return "allowed (--max-memory)";
  return guessed(job) ? "usable on " + job.predicted.rates.name : "free";
}

void check_fit(Resolution& r) {
  const auto limit = limit_words(r.job);
  for (const auto& stage : r.job.memory.stages) {
    const bool happens = r.around.scope != Scope::kDecoding || stage.stage == "decode";
    if (!happens || fits(r, stage)) continue;
    r.violations.add(
        ErrorKind::kMemory,
        fmt::format("{} needs {} GB, {} GB are {}", stage.stage,
                    gigabytes(needed_bytes(r.job, stage)), gigabytes(r.job.memory_limit), limit),
        remedy(r, stage) + (guessed(r.job) ? ", or --max-memory where it has more" : ""));
  }
}

}  // namespace

void resolve_memory(Resolution& r) {
  check_tiles(r);
  check_frame_tiles(r);
  if (!r.violations.empty()) return;  // the estimate needs a layout and tiles that can be
  r.job.memory_limit = allowed_bytes(r.job, r.around, r.job.parallel);
  choose_tiling(r);
  choose_ahead(r);
  check_fit(r);
}

}  // namespace kinema::plan
