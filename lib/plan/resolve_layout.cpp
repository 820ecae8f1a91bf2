// How the job is shared: as the degrees say, or by the fastest layout that fits.
#include <algorithm>

#include "base/log.h"
#include "plan/estimate.h"
#include "plan/job_cost.h"
#include "plan/parallel_request.h"
#include "plan/resolution.h"
#include "plan/split_limits.h"
#include "plan/time_report.h"

namespace kinema::plan {
namespace {

bool on_gpu(const config::Request& request) {
  return request.device.kind == config::Device::Kind::kCuda;
}

// False with a violation where --parallel auto cannot choose.
bool may_choose(Resolution& r) {
  const auto& request = r.request();
  const bool degrees = request.tensor_parallel_size * request.ulysses_degree * request.ring_degree *
                           request.cfg_parallel_size >
                       1;
  if (!request.num_gpus) {
    r.violations.add(ErrorKind::kUsage, "--parallel auto needs a number of GPUs", "--num-gpus N");
  } else if (degrees || request.hsdp_shard_size || request.hsdp_replicate_size) {
    r.violations.add(ErrorKind::kUsage,
                     "--parallel auto chooses the degrees; they cannot be given too",
                     "leave out either --parallel auto or the degrees");
  } else {
    return true;
  }
  return false;
}

// Without tiles of their own ranks would only decode the whole again.
int64_t vae_ranks(const Resolution& r, int64_t ranks) {
  const auto& request = r.job.request();
  if (request.vae_patch_parallel_size > 1) return request.vae_patch_parallel_size;
  if (request.vae_tiling == config::VaeTiling::kOff) return 1;
  const int64_t size = request.vae_tile_size.value_or(r.job.model.defaults.vae_tile_size);
  const int64_t unit = r.job.model.shape.pixels;
  const auto& share = r.job.model.defaults.vae_tile_stride;
  const Tiling tiling{size, request.vae_tile_stride.value_or(std::max<int64_t>(
                                unit, size / unit * share.num / share.den * unit))};
  config::Violations violations;
  check_tiling(tiling, unit, violations);
  if (!violations.empty()) return 1;  // told where the tiles are resolved
  const auto grid = TileGrid::for_decode(r.job.latent.height, r.job.latent.width, tiling, unit);
  return tile_ranks(grid, ranks);
}

bool fits(const Resolution& r, const ParallelPlan& plan) {
  const uint64_t allowed = allowed_bytes(r.job, r.around, plan);
  if (allowed == 0) return true;
  const auto tiling = plan.vae_patch > 1 ? config::VaeTiling::kOn : r.job.request().vae_tiling;
  for (const auto& stage : estimated_memory(r.job, plan, tiling).stages) {
    // Decoding has remedies of its own, which no layout of the weights changes.
    if (stage.stage != "decode" && needed_bytes(r.job, stage) > allowed) return false;
  }
  return true;
}

// The fastest that fits; the fastest of all where nothing does, which is then refused with figures.
const RankedLayout& best(const Resolution& r, const std::vector<RankedLayout>& layouts) {
  for (const auto& layout : layouts) {
    if (r.job.request().use_hsdp && layout.plan.hsdp_shard == 0) continue;
    if (fits(r, layout.plan)) return layout;
  }
  return layouts.front();
}

// The choice as if it had been typed.
void write_down(Resolution& r, const ParallelPlan& plan) {
  auto& request = r.request();
  const auto choose = [&](auto& field, const char* key, auto value) {
    field = value;
    r.job.settings.sources[key] = "--parallel auto";
  };
  choose(request.parallel, "parallel", config::ParallelChoice::kManual);
  choose(request.cfg_parallel_size, "cfg_parallel_size", plan.cfg);
  choose(request.ulysses_degree, "ulysses_degree", plan.ulysses);
  choose(request.ring_degree, "ring_degree", plan.ring);
  choose(request.tensor_parallel_size, "tensor_parallel_size", plan.tensor);
  choose(request.vae_patch_parallel_size, "vae_patch_parallel_size", plan.vae_patch);
  if (plan.hsdp_shard == 0) return;
  choose(request.use_hsdp, "use_hsdp", true);
  choose(request.hsdp_shard_size, "hsdp_shard_size", plan.hsdp_shard);
  choose(request.hsdp_replicate_size, "hsdp_replicate_size", plan.hsdp_replicate);
}

// What else so many ranks could do, with the predicted times.
const std::vector<RankedLayout>& rank_layouts(Resolution& r,
                                              const SplitLimits& limits,
                                              int64_t ranks,
                                              int64_t vae_patch) {
  auto& predicted = r.job.predicted;
  predicted.rates = machine_rates(r.job, r.around, ranks);
  predicted.layouts = ranked_layouts(ranks, limits, predicted.shape, predicted.rates);
  for (auto& layout : predicted.layouts) layout.plan.vae_patch = vae_patch;
  return predicted.layouts;
}

void choose_automatically(Resolution& r, const SplitLimits& limits) {
  if (!may_choose(r)) return;
  const int64_t ranks = *r.request().num_gpus;
  const auto& layouts = rank_layouts(r, limits, ranks, vae_ranks(r, ranks));
  if (layouts.empty()) {
    r.wrong(fmt::format("--num-gpus {}: {} heads, {} guidance branches and {} video tokens cannot "
                        "be shared by so many ranks",
                        ranks, limits.heads, limits.branches, limits.tokens),
            "another --num-gpus");
    return;
  }
  const auto chosen = best(r, layouts);
  write_down(r, chosen.plan);
  const auto flags = layout_flags(chosen.plan);
  r.note(fmt::format("layout {} (--parallel auto: {} s a step predicted)",
                     flags.empty() ? "of one process" : flags,
                     predicted_seconds(chosen.time.total())));
}

// GPUs that these processes need here: all of them, or those that another launcher started on this
// machine.
void check_devices(Resolution& r) {
  const auto& request = r.request();
  if (!on_gpu(request) || request.share_gpus) return;
  const auto gpus = static_cast<int64_t>(r.around.gpus.size());
  if (!r.around.local_ranks) return check_gpus(r.job.parallel, gpus, r.violations);
  if (*r.around.local_ranks <= gpus) return;
  r.wrong(fmt::format("{} processes were started on this machine, but {} GPU{} visible",
                      *r.around.local_ranks, gpus, gpus == 1 ? " is" : "s are"),
          "start one process for each GPU, or --share-gpus");
}

// As the degrees say. What follows from the number of machines is written down, since the ranks do
// not know it.
void request_layout(Resolution& r, const SplitLimits& limits) {
  auto& request = r.request();
  const auto &ranks = r.around.ranks, &here = r.around.local_ranks;
  const bool several = ranks && here && *here < *ranks;
  auto& plan = r.job.parallel;
  plan = requested_plan(request, limits, r.violations, several ? *here : 0);
  if (!several || plan.hsdp_shard == 0) return;
  r.fill(request.hsdp_shard_size, "hsdp_shard_size", plan.hsdp_shard, "the machines");
  r.fill(request.hsdp_replicate_size, "hsdp_replicate_size", plan.hsdp_replicate, "the machines");
}

}  // namespace

void resolve_layout(Resolution& r) {
  auto& request = r.request();
  if (!request.num_gpus && r.around.ranks && request.parallel == config::ParallelChoice::kAuto)
    r.fill(request.num_gpus, "num_gpus", *r.around.ranks, "the launcher");
  const auto limits = split_limits(request, r.job.model, r.job.tokens);
  auto& predicted = r.job.predicted;
  predicted.shape = r.job.model.rules().denoiser(r.job);
  if (request.parallel == config::ParallelChoice::kAuto) choose_automatically(r, limits);
  request_layout(r, limits);
  check_plan(r.job.parallel, limits, r.violations);
  check_devices(r);
  if (r.job.parallel.data > 1 && r.around.scope == Scope::kOneJob) {
    r.wrong(fmt::format("--num-gpus {}: {} work on one video; the rest would have nothing to do",
                        *request.num_gpus, plan_text(r.job.parallel)),
            "--parallel auto, or degrees whose product is the number of GPUs");
  }
  if (!r.violations.empty()) return;
  rank_layouts(r, limits, r.job.parallel.denoising(), r.job.parallel.vae_patch);
  predicted.step = step_time(predicted.shape, r.job.parallel, predicted.rates);
}

}  // namespace kinema::plan
