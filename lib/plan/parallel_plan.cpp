// The rules of a layout, all checked before any process starts.
#include "plan/parallel_plan.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"

namespace kinema::plan {
namespace {

using config::Violations;

std::string numbers(const std::vector<int64_t>& values) {
  std::string text;
  for (auto value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text;
}

// The degrees above 1 as their flags, and their product: "--ulysses-degree 3", "--ring-degree 2 x
// --ulysses-degree 2 = 4".
std::string degrees(std::initializer_list<std::pair<const char*, int64_t>> flags) {
  std::string text;
  int64_t product = 1, named = 0;
  for (auto [flag, degree] : flags) {
    if (degree == 1) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : " x ", flag, degree);
    product *= degree;
    ++named;
  }
  return named > 1 ? fmt::format("{} = {}", text, product) : text;
}

void check_heads(const ParallelPlan& plan, const SplitLimits& limits, Violations& violations) {
  const int64_t split = plan.ulysses * plan.tensor;
  if (limits.heads % split != 0) {
    violations.add(ErrorKind::kConfig,
                   fmt::format("the model's {} heads cannot be split by {}", limits.heads,
                               degrees({{"--ulysses-degree", plan.ulysses},
                                        {"--tensor-parallel-size", plan.tensor}})),
                   fmt::format("legal products: {}", numbers(divisors(limits.heads))));
  }
  if (limits.mlp_width % plan.tensor != 0) {
    const int64_t common = std::gcd(limits.mlp_width, limits.heads);
    violations.add(ErrorKind::kConfig,
                   fmt::format("the MLP's {} channels cannot be split by --tensor-parallel-size {}",
                               limits.mlp_width, plan.tensor),
                   fmt::format("legal sizes: {}", numbers(divisors(common))));
  }
}

void check_tokens(const ParallelPlan& plan, const SplitLimits& limits, Violations& violations) {
  const int64_t ranks = plan.ulysses * plan.ring;
  if (limits.tokens < ranks) {
    violations.add(
        ErrorKind::kConfig,
        fmt::format("{} video tokens cannot be shared by {} ranks", limits.tokens,
                    degrees({{"--ulysses-degree", plan.ulysses}, {"--ring-degree", plan.ring}})));
  }
}

void check_branches(const ParallelPlan& plan, const SplitLimits& limits, Violations& violations) {
  if (plan.cfg <= limits.branches) return;
  if (limits.branches == 1) {
    violations.add(
        ErrorKind::kConfig,
        fmt::format("--cfg-parallel-size {}: without guidance there is one forward a step",
                    plan.cfg),
        "--cfg-parallel-size 1, or a --guidance-scale other than 1");
  } else {
    violations.add(
        ErrorKind::kConfig,
        fmt::format("--cfg-parallel-size {}: there are {} branches", plan.cfg, limits.branches),
        fmt::format("--cfg-parallel-size {}", limits.branches));
  }
}

void check_vae(const ParallelPlan& plan, const SplitLimits& limits, Violations& violations) {
  if (plan.vae_patch > 1 && !limits.vae_tiled) {
    violations.add(ErrorKind::kConfig,
                   fmt::format("--vae-patch-parallel-size {} shares tiles, but --vae-tiling is off",
                               plan.vae_patch),
                   "--vae-tiling on");
  }
}

void check_hsdp(const ParallelPlan& plan, Violations& violations) {
  if (plan.hsdp_shard == 0) return;
  const int64_t group = plan.denoising() * plan.data / plan.tensor;
  if (plan.hsdp_shard * plan.hsdp_replicate == group) return;
  violations.add(
      ErrorKind::kConfig,
      fmt::format("HSDP's shard {} x replicate {} = {} must be the {} ranks that {}",
                  plan.hsdp_shard, plan.hsdp_replicate, plan.hsdp_shard * plan.hsdp_replicate,
                  group, plan.tensor > 1 ? "hold the same slice of the weights" : "denoise"),
      fmt::format("--hsdp-shard-size {}",
                  std::max<int64_t>(1, group / std::gcd(group, plan.hsdp_replicate))));
}

}  // namespace

int64_t ParallelPlan::replica() const { return std::max(denoising(), vae_patch); }

void check_plan(const ParallelPlan& plan, const SplitLimits& limits, Violations& violations) {
  check_heads(plan, limits, violations);
  check_tokens(plan, limits, violations);
  check_branches(plan, limits, violations);
  check_vae(plan, limits, violations);
  check_hsdp(plan, violations);
}

void check_gpus(const ParallelPlan& plan, int64_t gpus, Violations& violations) {
  if (plan.world_size() == 1 || plan.world_size() <= gpus) return;
  violations.add(
      ErrorKind::kConfig,
      fmt::format("{}, but {} GPU{} visible", plan_text(plan), gpus, gpus == 1 ? " is" : "s are"),
      gpus > 1 ? fmt::format("--num-gpus {} --parallel auto", gpus)
               : "leave the degrees at 1, or --device cpu");
}

void shard_within_machines(ParallelPlan& plan, int64_t group, int64_t ranks_per_machine) {
  const int64_t near = std::max<int64_t>(1, ranks_per_machine / plan.tensor);
  plan.hsdp_shard = ranks_per_machine == 0 ? group : std::gcd(group, near);
  plan.hsdp_replicate = group / plan.hsdp_shard;
}

std::string plan_text(const ParallelPlan& plan) {
  std::string text;
  auto degree = [&text](const char* name, int64_t value) {
    if (value > 1) text += fmt::format("{}{} {}", text.empty() ? "" : " x ", name, value);
  };
  degree("replicas", plan.data);
  degree("cfg", plan.cfg);
  degree("ring", plan.ring);
  degree("ulysses", plan.ulysses);
  degree("tensor", plan.tensor);
  if (plan.replica() > plan.denoising())
    text += fmt::format("{}vae {}", text.empty() ? "" : ", ", plan.vae_patch);
  if (text.empty()) return "one process";
  return text + fmt::format(" = {} ranks", plan.world_size());
}

std::vector<int64_t> divisors(int64_t n) {
  std::vector<int64_t> all;
  for (int64_t d = 1; d <= n; ++d) {
    if (n % d == 0) all.push_back(d);
  }
  return all;
}

}  // namespace kinema::plan
