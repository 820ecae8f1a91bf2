// How jobs are shared: --parallel auto, and processes that other launchers start.
#include <algorithm>

#include <catch2/catch.hpp>

#include "plan/plan_report.h"
#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using namespace kinema::test;

TEST_CASE("--parallel auto writes its choice down as if it had been typed") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 4;
  request.width = 320, request.height = 240;
  request.vae_tile_size = 64, request.vae_tile_stride = 48;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  const auto& r = job.request();
  CHECK(r.parallel == config::ParallelChoice::kManual);
  CHECK(r.cfg_parallel_size == 2);
  CHECK(r.vae_patch_parallel_size == 4);
  CHECK(job.settings.source("ulysses_degree") == "--parallel auto");
  CHECK(job.parallel.denoising() == 4);
  CHECK(job.notes.front().starts_with("layout " + layout_flags(job.parallel) + " (--parallel"));
  // The same again from what was written down.
  auto again = tiny();
  again.width = 320, again.height = 240;
  again.num_gpus = 4;
  again.cfg_parallel_size = r.cfg_parallel_size, again.ulysses_degree = r.ulysses_degree;
  again.ring_degree = r.ring_degree, again.tensor_parallel_size = r.tensor_parallel_size;
  again.vae_patch_parallel_size = r.vae_patch_parallel_size;
  CHECK(planned(again).job.parallel == job.parallel);
  CHECK(explanation(job, around()).find("layouts of 4 ranks") == 0);
}

TEST_CASE("a video of one tile is not decoded in tiles to keep ranks busy") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 2;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  CHECK(job.parallel.vae_patch == 1);
  CHECK(job.request().vae_tiling == config::VaeTiling::kOff);
}

TEST_CASE("--parallel auto needs a number and no degrees") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  CHECK(planned(request).wrong == "--parallel auto needs a number of GPUs | --num-gpus N\n");
  request.num_gpus = 2, request.ulysses_degree = 2;
  CHECK(planned(request).wrong ==
        "--parallel auto chooses the degrees; they cannot be given too | leave out either "
        "--parallel auto or the degrees\n");
  request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  auto started = around();
  started.ranks = 2, started.local_ranks = 2;
  CHECK(planned(request, "t2v", started).job.parallel.cfg == 2);
  request.num_gpus = 1000;
  CHECK_THAT(planned(request).wrong, Catch::Matchers::Contains("--num-gpus 1000: 4 heads"));
}

TEST_CASE("of the layouts that fit the fastest is chosen") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 4;
  request.dtype = config::Dtype::kBfloat16;  // stored in float32, so converted and not mapped
  const auto needed = [](const Job& job) {
    const auto& stages = job.memory.stages;
    const auto denoise = std::find_if(stages.begin(), stages.end(),
                                      [](const auto& stage) { return stage.stage == "denoise"; });
    return denoise->peak() - denoise->mapped;
  };
  const auto free = planned(request);
  CHECK(free.wrong.empty());
  CHECK(free.job.parallel.hsdp_shard == 0);
  request.max_memory = static_cast<double>(needed(free.job) - 1) * 1e-9;
  const auto tight = planned(request);
  CHECK(needed(tight.job) < needed(free.job));
  CHECK(tight.job.predicted.step.total() >= free.job.predicted.step.total());
}

TEST_CASE("processes that another launcher started are compared with their machine's GPUs") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.cfg_parallel_size = 2, request.ulysses_degree = 2;
  auto nodes = around();
  nodes.cuda_build = true;
  nodes.gpus = {"NVIDIA H200", "NVIDIA H200"};
  CHECK_THAT(planned(request, "t2v", nodes).wrong, Catch::Matchers::Contains("2 GPUs are visible"));
  nodes.ranks = 4, nodes.local_ranks = 2;
  CHECK(planned(request, "t2v", nodes).wrong.empty());
  CHECK(planned(request, "t2v", nodes).job.predicted.rates.ranks_per_machine == 2);
  nodes.local_ranks = 4;
  CHECK(planned(request, "t2v", nodes).wrong ==
        "4 processes were started on this machine, but 2 GPUs are visible | start one process for "
        "each GPU, or --share-gpus\n");
}
