// Fills in the degrees that were not given.
#include "plan/parallel_request.h"

#include <numeric>

#include "base/log.h"
#include "config/value_text.h"

namespace kinema::plan {
namespace {

using config::Request;
using config::Violations;

ParallelPlan given_degrees(const Request& request) {
  ParallelPlan plan;
  plan.tensor = request.tensor_parallel_size;
  plan.ulysses = request.ulysses_degree;
  plan.ring = request.ring_degree;
  plan.cfg = request.cfg_parallel_size;
  plan.vae_patch = request.vae_patch_parallel_size;
  return plan;
}

// Multiplies free degrees until `ranks` denoise: guidance branches first, then Ulysses, then ring.
void spread(int64_t ranks, const SplitLimits& limits, ParallelPlan& plan) {
  int64_t rest = ranks / plan.denoising();
  if (plan.cfg == 1) {
    // Every rank gets as many.
    plan.cfg = std::gcd(rest, limits.branches);
    rest /= plan.cfg;
  }
  const int64_t heads_left = limits.heads / std::gcd(limits.heads, plan.ulysses * plan.tensor);
  const int64_t by_heads = std::gcd(rest, heads_left);
  plan.ulysses *= by_heads;
  plan.ring *= rest / by_heads;
}

// `group`: ranks that would hold the same weights.
void choose_shards(const Request& request,
                   int64_t group,
                   int64_t ranks_per_machine,
                   ParallelPlan& plan) {
  const auto &shard = request.hsdp_shard_size, &replicate = request.hsdp_replicate_size;
  if (!shard && !replicate) {
    shard_within_machines(plan, group, ranks_per_machine);
    // Alone on its machine a rank can only share with those of others.
    if (plan.hsdp_shard == 1) shard_within_machines(plan, group, 0);
    return;
  }
  plan.hsdp_replicate = replicate.value_or(1);
  plan.hsdp_shard = shard.value_or(std::max<int64_t>(1, group / plan.hsdp_replicate));
}

void apply_hsdp(const Request& request,
                const SplitLimits& limits,
                int64_t ranks_per_machine,
                ParallelPlan& plan,
                Violations& violations) {
  if (!request.use_hsdp) {
    if (request.hsdp_shard_size || request.hsdp_replicate_size) {
      violations.add(ErrorKind::kUsage,
                     "--hsdp-shard-size and --hsdp-replicate-size need --use-hsdp", "--use-hsdp");
    }
    return;
  }
  const int64_t known = std::max(plan.denoising(), request.num_gpus.value_or(1)) / plan.tensor;
  choose_shards(request, std::max<int64_t>(1, known), ranks_per_machine, plan);
  const int64_t ranks = plan.hsdp_shard * plan.hsdp_replicate * plan.tensor;
  if (ranks > plan.denoising() && ranks % plan.denoising() == 0) spread(ranks, limits, plan);
}

void fill_gpus(const Request& request, ParallelPlan& plan, Violations& violations) {
  if (!request.num_gpus) return;
  const int64_t gpus = *request.num_gpus, used = plan.replica();
  if (gpus % used != 0) {
    violations.add(ErrorKind::kConfig,
                   fmt::format("--num-gpus {} is not a multiple of {}", gpus, plan_text(plan)),
                   fmt::format("--num-gpus {}", std::max<int64_t>(1, gpus / used) * used));
    return;
  }
  plan.data = gpus / used;
}

}  // namespace

ParallelPlan requested_plan(const Request& request,
                            const SplitLimits& limits,
                            Violations& violations,
                            int64_t ranks_per_machine) {
  ParallelPlan plan = given_degrees(request);
  apply_hsdp(request, limits, ranks_per_machine, plan, violations);
  fill_gpus(request, plan, violations);
  return plan;
}

}  // namespace kinema::plan
