// There are few enough layouts to look at all of them.
#include "plan/auto_layout.h"

#include <algorithm>

#include "base/log.h"
#include "plan/tile_spread.h"

namespace kinema::plan {
namespace {

bool legal(const ParallelPlan& plan, const SplitLimits& limits) {
  config::Violations violations;
  check_plan(plan, limits, violations);
  return violations.empty();
}

ParallelPlan sharded(ParallelPlan plan, const MachineRates& rates) {
  shard_within_machines(plan, plan.denoising() / plan.tensor, rates.ranks_per_machine);
  return plan;
}

// Of one number of ranks, in the order of preference among equals.
std::vector<ParallelPlan> factorizations(int64_t ranks) {
  std::vector<ParallelPlan> all;
  const auto add = [&](int64_t cfg, int64_t ulysses, int64_t ring) {
    const int64_t tensor = ranks / (cfg * ulysses * ring);
    all.push_back({.tensor = tensor, .ulysses = ulysses, .ring = ring, .cfg = cfg});
  };
  auto falling = [](int64_t n) {
    auto list = divisors(n);
    std::reverse(list.begin(), list.end());
    return list;
  };
  for (auto cfg : falling(ranks)) {
    for (auto ulysses : falling(ranks / cfg)) {
      for (auto ring : falling(ranks / cfg / ulysses)) add(cfg, ulysses, ring);
    }
  }
  return all;
}

}  // namespace

std::vector<RankedLayout> ranked_layouts(int64_t ranks,
                                         const SplitLimits& limits,
                                         const DenoiserShape& shape,
                                         const MachineRates& rates) {
  std::vector<RankedLayout> all, with_shards;
  for (const auto& plan : factorizations(ranks)) {
    if (!legal(plan, limits)) continue;
    all.push_back({plan, step_time(shape, plan, rates)});
    const auto shards = sharded(plan, rates);
    if (shards.hsdp_shard > 1) with_shards.push_back({shards, step_time(shape, shards, rates)});
  }
  all.insert(all.end(), with_shards.begin(), with_shards.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.time.total() < b.time.total(); });
  return all;
}

int64_t tile_ranks(const TileGrid& grid, int64_t ranks) {
  const auto longest = [&](int64_t count) {
    const auto owners = spread_tiles(grid, static_cast<int>(count));
    std::vector<int64_t> load(static_cast<size_t>(count));
    for (size_t i = 0; i < owners.size(); ++i)
      load[static_cast<size_t>(owners[i])] += grid.tiles()[i].workload();
    return *std::max_element(load.begin(), load.end());
  };
  const int64_t best = longest(ranks);
  int64_t fewest = ranks;
  while (fewest > 1 && longest(fewest - 1) == best) --fewest;
  return fewest;
}

std::string layout_flags(const ParallelPlan& plan) {
  std::string text;
  const auto flag = [&](const char* name, int64_t value) {
    if (value > 1) text += fmt::format("{}{} {}", text.empty() ? "" : " ", name, value);
  };
  flag("--cfg-parallel-size", plan.cfg);
  flag("--ring-degree", plan.ring);
  flag("--ulysses-degree", plan.ulysses);
  flag("--tensor-parallel-size", plan.tensor);
  flag("--vae-patch-parallel-size", plan.vae_patch);
  if (plan.hsdp_shard > 0) {
    text +=
        fmt::format("{}--use-hsdp --hsdp-shard-size {}", text.empty() ? "" : " ", plan.hsdp_shard);
    flag("--hsdp-replicate-size", plan.hsdp_replicate);
  }
  return text;
}

}  // namespace kinema::plan
