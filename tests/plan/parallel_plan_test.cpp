// Rules of layouts, all at once and with legal values, and layouts made from requests.
#include "plan/parallel_plan.h"

#include <catch2/catch.hpp>

#include "plan/parallel_request.h"

using namespace kinema;
using namespace kinema::plan;

namespace {

SplitLimits limits() {
  SplitLimits made;
  made.heads = 16, made.mlp_width = 8192, made.branches = 2, made.tokens = 48360;
  return made;
}

std::string all(const config::Violations& violations) {
  std::string text;
  for (const auto& one : violations.all())
    text += one.what + (one.hint.empty() ? "" : " | " + one.hint) + "\n";
  return text;
}

std::string broken(const ParallelPlan& plan,
                   const SplitLimits& with,
                   std::optional<int64_t> gpus = {}) {
  config::Violations violations;
  check_plan(plan, with, violations);
  if (gpus) check_gpus(plan, *gpus, violations);
  return all(violations);
}

}  // namespace

TEST_CASE("a plan that keeps all rules is not refused") {
  ParallelPlan plan;
  plan.cfg = 2, plan.ulysses = 4, plan.tensor = 2, plan.vae_patch = 4;
  CHECK(broken(plan, limits(), 16).empty());
  CHECK(plan.world_size() == 16);
  CHECK(plan_text(plan) == "cfg 2 x ulysses 4 x tensor 2 = 16 ranks");
  CHECK(plan_text({}) == "one process");
}

TEST_CASE("every broken rule is told, with what would be legal") {
  ParallelPlan plan;
  plan.cfg = 2, plan.ulysses = 3, plan.tensor = 2, plan.ring = 9, plan.vae_patch = 2,
  plan.hsdp_shard = 4;
  auto with = limits();
  with.branches = 1, with.vae_tiled = false, with.tokens = 20;
  CHECK(broken(plan, with, 4) ==
        "the model's 16 heads cannot be split by --ulysses-degree 3 x --tensor-parallel-size 2 = 6 "
        "| legal products: 1, 2, 4, 8, 16\n"
        "20 video tokens cannot be shared by --ulysses-degree 3 x --ring-degree 9 = 27 ranks\n"
        "--cfg-parallel-size 2: without guidance there is one forward a step | --cfg-parallel-size "
        "1, or a --guidance-scale "
        "other than 1\n"
        "--vae-patch-parallel-size 2 shares tiles, but --vae-tiling is off | --vae-tiling on\n"
        "HSDP's shard 4 x replicate 1 = 4 must be the 54 ranks that hold the same slice of the "
        "weights | --hsdp-shard-size 54\n"
        "cfg 2 x ring 9 x ulysses 3 x tensor 2 = 108 ranks, but 4 GPUs are visible | --num-gpus 4 "
        "--parallel auto\n");
}

TEST_CASE("layouts from requests") {
  config::Request request;
  config::Violations violations;
  SECTION("degrees as given") {
    request.cfg_parallel_size = 2, request.ulysses_degree = 2, request.vae_patch_parallel_size = 4;
    CHECK(requested_plan(request, limits(), violations).world_size() == 4);
  }
  SECTION("what --num-gpus leaves over is replicas") {
    request.num_gpus = 8, request.ulysses_degree = 4;
    CHECK(requested_plan(request, limits(), violations).data == 2);
  }
  SECTION("ranks of a shard group that no degree uses share the request") {
    request.use_hsdp = true, request.hsdp_shard_size = 8;
    const auto plan = requested_plan(request, limits(), violations);
    CHECK(plan.cfg == 2);
    CHECK(plan.ulysses == 4);
    CHECK(plan.world_size() == 8);
  }
  SECTION("replicate x shard over nodes, with a given degree kept") {
    request.use_hsdp = true, request.hsdp_shard_size = 4, request.hsdp_replicate_size = 2,
    request.ring_degree = 2;
    const auto plan = requested_plan(request, limits(), violations);
    CHECK(plan.ring == 2);
    CHECK(plan.cfg == 2);
    CHECK(plan.ulysses == 2);
    CHECK(broken(plan, limits()).empty());
  }
  SECTION("HSDP shares within a machine and repeats across machines") {
    request.use_hsdp = true, request.num_gpus = 8;
    const auto shards = [&](int64_t ranks_per_machine) {
      const auto plan = requested_plan(request, limits(), violations, ranks_per_machine);
      return std::pair(plan.hsdp_shard, plan.hsdp_replicate);
    };
    CHECK(shards(0) == std::pair<int64_t, int64_t>(8, 1));
    CHECK(shards(4) == std::pair<int64_t, int64_t>(4, 2));
    CHECK(shards(3) == std::pair<int64_t, int64_t>(8, 1));
    CHECK(shards(1) == std::pair<int64_t, int64_t>(8, 1));
    request.tensor_parallel_size = 2;
    CHECK(shards(4) == std::pair<int64_t, int64_t>(2, 2));
    request.hsdp_replicate_size = 1;
    CHECK(shards(4) == std::pair<int64_t, int64_t>(4, 1));
  }
  CHECK(all(violations).empty());
}

TEST_CASE("contradictory requests are refused") {
  config::Request request;
  config::Violations violations;
  request.num_gpus = 6, request.ulysses_degree = 4, request.hsdp_shard_size = 2;
  requested_plan(request, limits(), violations);
  CHECK(all(violations) ==
        "--hsdp-shard-size and --hsdp-replicate-size need --use-hsdp | --use-hsdp\n"
        "--num-gpus 6 is not a multiple of ulysses 4 = 4 ranks | --num-gpus 4\n");
}
