// The choices among homes of the weights, what they need, and what is refused with them.
#include "plan/residency_choices.h"

#include <catch2/catch.hpp>

#include "plan/job_cost.h"
#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using namespace kinema::test;
using Catch::Matchers::Contains;

namespace {

Surroundings gpus(size_t count) {
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus.assign(count, "NVIDIA H200");
  return machine;
}

config::Request on_gpus() {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.cfg_parallel_size = 2, request.ulysses_degree = 2;
  return request;
}

const StageEstimate& denoising(const MemoryPlan& memory) {
  for (const auto& stage : memory.stages) {
    if (stage.stage == "denoise") return stage;
  }
  throw std::logic_error("no stage that denoises");
}

}  // namespace

TEST_CASE("every home of the weights is a choice with what it needs") {
  const auto machine = gpus(4);
  const auto job = planned(on_gpus(), "t2v", machine).job;
  const auto choices = residency_choices(job, machine);
  REQUIRE(choices.size() == 6);
  CHECK(choices[0].flags == "--offload none");
  CHECK(choices[0].own);
  CHECK(choices[0].exposed_seconds == 0);
  CHECK(choices[0].memory.largest().peak() == job.memory.largest().peak());
  CHECK(choices[1].flags == "--use-hsdp --hsdp-shard-size 2 --hsdp-replicate-size 2");
  CHECK(choices[2].flags == "--use-hsdp --hsdp-shard-size 4");
  CHECK(choices[2].home == "shards of 4 ranks");
  CHECK(choices[3].flags == "--offload block");
  CHECK(choices[3].home == "host memory");
  CHECK(choices[4].flags == "--offload disk");
  CHECK(choices[4].home == "the files");
  CHECK(choices[5].flags == "--use-hsdp --hsdp-shard-size 4 --offload block");
  // Two blocks at a time: a quarter of each is less than a half.
  CHECK(denoising(choices[2].memory).weights < denoising(choices[1].memory).weights);
  CHECK(denoising(choices[5].memory).weights < denoising(choices[2].memory).weights);

  // The same, from a job that does another of them.
  auto request = on_gpus();
  request.use_hsdp = true;
  const auto sharded = planned(request, "t2v", machine).job;
  const auto again = residency_choices(sharded, machine);
  CHECK(again[2].own);
  for (size_t i = 0; i < choices.size(); ++i) CHECK(again[i].needed == choices[i].needed);
  CHECK_THAT(choices_text(sharded, machine),
             Contains("  --use-hsdp --hsdp-shard-size 4: shards of 4 ranks\n"));
}

TEST_CASE("flags that exclude each other are refused with the choices there are") {
  auto request = tiny();
  request.cfg_parallel_size = 2;
  request.use_hsdp = true;
  request.offload = config::Offload::kModel;
  const auto wrong = planned(request).wrong;
  CHECK_THAT(wrong, Contains("--offload model and --use-hsdp both decide where a block's weights "
                             "are | --offload none ("));
  CHECK_THAT(wrong, Contains(" GB"));
  CHECK_THAT(wrong, Contains("or --use-hsdp --hsdp-shard-size 2 ("));
  // Told with everything else that is wrong, then without figures.
  request.ulysses_degree = 3;
  CHECK_THAT(planned(request).wrong, Contains("--offload model and --use-hsdp both decide"));

  auto alone = tiny();
  alone.use_hsdp = true;
  CHECK_THAT(planned(alone).wrong,
             Contains("--use-hsdp with one process in a shard group shares nothing | "
                      "--offload none ("));
  alone.offload = config::Offload::kBlock;
  CHECK_THAT(planned(alone).wrong, Contains("shares nothing"));
}

TEST_CASE("a rank of a shard group reads its part of the blocks") {
  const auto machine = gpus(4);
  const auto whole = planned(on_gpus(), "t2v", machine).job;
  auto request = on_gpus();
  request.use_hsdp = true;
  const auto sharded = planned(request, "t2v", machine).job;
  const auto &all = denoising(whole.memory), &part = denoising(sharded.memory);
  CHECK(part.read < all.read);
  CHECK(part.read > all.read / 4);  // what is in no block is read by each
  // The disk gives each byte of the blocks once to the group, or once to a cache.
  CHECK(load_time(sharded, part).cold >= load_time(whole, all).cold);
  CHECK(load_time(sharded, part).warm < load_time(whole, all).warm);
}

TEST_CASE("on the CPU what is used in place is not copied again") {
  const auto job = planned(tiny()).job;
  for (const auto& stage : job.memory.stages) {
    const auto time = load_time(job, stage);
    CHECK(stage.read > 0);
    CHECK(time.cold >= time.warm);
  }
}
