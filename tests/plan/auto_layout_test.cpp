// What --parallel auto chooses, and that it looks at every legal layout.
#include "plan/auto_layout.h"

#include <set>

#include <catch2/catch.hpp>

#include "plan/hunyuan15_cost.h"

using namespace kinema;
using namespace kinema::plan;

namespace {

SplitLimits limits(int64_t branches) {
  SplitLimits made;
  made.heads = 16, made.mlp_width = 8192, made.branches = branches, made.tokens = 48'360;
  return made;
}

std::vector<RankedLayout> ranked(int64_t ranks, int64_t branches, const MachineRates& rates) {
  const auto shape = hunyuan15_denoiser({}, {.video = 48'360, .text = 256, .passes = branches},
                                        config::Dtype::kBfloat16);
  return ranked_layouts(ranks, limits(branches), shape, rates);
}

MachineRates h200(int64_t ranks_per_machine = 0) {
  auto rates = gpu_rates("NVIDIA H200");
  rates.ranks_per_machine = ranks_per_machine;
  return rates;
}

}  // namespace

TEST_CASE("the fastest layouts are those of the design") {
  const auto best = [](int64_t ranks, int64_t branches, int64_t per_machine = 0) {
    return ranked(ranks, branches, h200(per_machine)).front().plan;
  };
  CHECK(best(1, 2) == ParallelPlan{});
  CHECK(best(2, 2) == ParallelPlan{.cfg = 2});
  CHECK(best(4, 2) == ParallelPlan{.ulysses = 2, .cfg = 2});
  CHECK(best(8, 2) == ParallelPlan{.ulysses = 4, .cfg = 2});
  // Two machines: a branch on each.
  CHECK(best(16, 2, 8) == ParallelPlan{.ulysses = 8, .cfg = 2});
  CHECK(best(2, 1).cfg == 1);
  // Seven divides neither branches nor heads.
  CHECK(best(7, 2) == ParallelPlan{.ring = 7});
}

TEST_CASE("all layouts keep the rules, use every rank and are ranked") {
  for (int64_t ranks = 1; ranks <= 64; ++ranks) {
    const auto layouts = ranked(ranks, 2, h200());
    std::set<std::string> different;
    double before = 0;
    for (const auto& [plan, time] : layouts) {
      config::Violations violations;
      check_plan(plan, limits(2), violations);
      CHECK(violations.empty());
      CHECK(plan.world_size() == ranks);
      CHECK(time.total() >= before);
      before = time.total();
      different.insert(layout_flags(plan));
    }
    CHECK(different.size() == layouts.size());
  }
  // cfg 1 or 2; ulysses, ring and tensor 2^a 2^b 2^c with at most 16 heads; whole or sharded where
  // two ranks hold the same slice.
  CHECK(ranked(4, 2, h200()).size() == 9 + 8);
}

TEST_CASE("shards stay within a machine") {
  for (const auto& [plan, time] : ranked(16, 2, h200(8))) {
    CHECK(plan.hsdp_shard * plan.tensor <= 8);
    if (plan.hsdp_shard == 0) continue;
    CHECK(plan.hsdp_shard * plan.hsdp_replicate * plan.tensor == 16);
  }
}

TEST_CASE("whole weights come before shards that are no faster") {
  for (const auto& layout : ranked(4, 2, h200())) {
    if (layout.plan.hsdp_shard > 0) break;
    CHECK(layout.time.weights == 0);
  }
  CHECK(ranked(4, 2, h200()).front().plan.hsdp_shard == 0);
}

TEST_CASE("no more ranks decode than have tiles") {
  const Tiling tiling{256, 192};
  const auto grid = TileGrid::for_decode(30, 52, tiling, 16);  // 3 x 5 tiles
  CHECK(tile_ranks(grid, 1) == 1);
  CHECK(tile_ranks(grid, 4) == 4);
  CHECK(tile_ranks(grid, 64) <= 15);
  CHECK(tile_ranks(TileGrid::for_decode(16, 16, tiling, 16), 8) == 1);
}

TEST_CASE("a layout as flags") {
  CHECK(layout_flags({}).empty());
  CHECK(layout_flags({.tensor = 2,
                      .ulysses = 4,
                      .ring = 2,
                      .cfg = 2,
                      .vae_patch = 8,
                      .hsdp_shard = 8,
                      .hsdp_replicate = 2}) ==
        "--cfg-parallel-size 2 --ring-degree 2 --ulysses-degree 4 --tensor-parallel-size 2 "
        "--vae-patch-parallel-size 8 --use-hsdp --hsdp-shard-size 8 --hsdp-replicate-size 2");
}
