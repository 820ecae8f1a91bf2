// Which blocks of a job stay and which come and go.
#include <catch2/catch.hpp>

#include "plan/plan_report.h"
#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using namespace kinema::test;

TEST_CASE("blocks stay as far as --max-memory allows") {
  auto request = tiny();
  request.offload = config::Offload::kBlock;
  const auto unbounded = planned(request);
  CHECK(unbounded.wrong.empty());
  REQUIRE(unbounded.job.predicted.stream);
  CHECK(unbounded.job.request().resident_blocks == 0);
  CHECK(unbounded.job.request().stream_slots.has_value());
  const int64_t blocks = unbounded.job.predicted.stream->shape.blocks;
  CHECK(unbounded.job.predicted.stream->units() == blocks);
  CHECK(unbounded.job.predicted.stream->home == "the files");

  request.max_memory = 1;
  CHECK(planned(request).job.request().resident_blocks == blocks);
  // Whatever is given, the plan keeps to it with as many blocks as can stay.
  int64_t before = 0;
  const auto needed = [](const Job& job) {
    for (const auto& stage : job.memory.stages) {
      if (stage.stage == "denoise") return stage.peak() - stage.mapped;
    }
    return uint64_t{0};
  };
  const auto least = needed(unbounded.job);
  for (uint64_t more = 0; more < 3'000'000; more += 150'000) {
    request.max_memory = static_cast<double>(least + more) * 1e-9;
    const auto [job, wrong] = planned(request);
    const auto resident = *job.request().resident_blocks;
    CHECK(resident >= before);
    CHECK(needed(job) <= least + more);
    before = resident;
    if (resident == blocks) continue;
    // One more would be too much.
    auto beyond = request;
    beyond.resident_blocks = resident + 1;
    CHECK(needed(planned(beyond).job) > least + more);
  }
  CHECK(before == blocks);
}

TEST_CASE("settings of streamed blocks without streamed blocks are refused") {
  config::Settings settings;
  settings.request = tiny();
  settings.request.model = hunyuan15_data() / "t2v" / "model";
  settings.request.resident_blocks = 2;
  settings.sources["resident_blocks"] = "--resident-blocks";
  config::Violations violations;
  auto model = read_model(settings.request);
  plan_job(settings, model, around(), violations);
  REQUIRE(violations.all().size() == 1);
  CHECK(violations.all().front().what ==
        "--resident-blocks is about blocks that come and go, but all of them stay");
  settings.request.offload = config::Offload::kBlock;
  settings.request.resident_blocks = 1000;
  config::Violations too_many;
  plan_job(settings, model, around(), too_many);
  CHECK_THAT(too_many.all().front().what, Catch::Matchers::StartsWith("--resident-blocks 1000: "));
}

TEST_CASE("HSDP's gathers are planned with their times") {
  auto request = tiny();
  request.use_hsdp = true;
  request.hsdp_shard_size = 2;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  REQUIRE(job.predicted.stream);
  CHECK(job.predicted.stream->home == "shards of 2 ranks");
  CHECK(job.predicted.stream->times.fetch > 0);
  CHECK(job.predicted.step.weights == job.predicted.stream->exposed_seconds);
  CHECK(plan_report(job).find("units + root") != std::string::npos);
  CHECK(plan_json(job)["predicted"]["stream"]["units"] == job.predicted.stream->shape.blocks);
}

TEST_CASE("shards in host memory leave the GPUs, and are refused where they do not fit") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.use_hsdp = true;
  request.hsdp_shard_size = 2;
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200", "NVIDIA H200"};
  const auto on_gpus = planned(request, "t2v", machine).job;
  request.offload = config::Offload::kBlock;
  const auto [in_host, wrong] = planned(request, "t2v", machine);
  CHECK(wrong.empty());
  const auto &before = *on_gpus.predicted.stream, &after = *in_host.predicted.stream;
  CHECK(after.home == "host memory, shards of 2 ranks");
  const auto blocks = static_cast<uint64_t>(after.shape.blocks);
  CHECK(before.device_bytes() - after.device_bytes() ==
        blocks * ((after.shape.block_bytes + 1) / 2));
  const double up = static_cast<double>(after.shape.block_bytes) / 2 /
                    in_host.predicted.rates.host_bytes_per_second;
  CHECK(after.times.fetch == Approx(before.times.fetch + up));

  machine.host_memory = 1000;
  CHECK_THAT(planned(request, "t2v", machine).wrong,
             Catch::Matchers::Contains("--use-hsdp --offload block: 2 ranks' shards take"));
  request.offload = config::Offload::kModel;
  CHECK_THAT(planned(request, "t2v", machine).wrong,
             Catch::Matchers::Contains("--offload model and --use-hsdp both decide"));
}

TEST_CASE("what does not fit whole is offered in blocks") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.load_ahead = config::LoadAhead::kNone;
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200"};
  const auto text_encoder = [&] {
    return planned(request, "t2v", machine).job.memory.stages.front().peak();
  };
  const auto whole = text_encoder();
  request.offload = config::Offload::kBlock;
  const auto streamed = text_encoder();
  REQUIRE(streamed < whole);  // three layers, two at a time
  request.offload = config::Offload::kNone;
  request.max_memory = static_cast<double>(whole - 1) * 1e-9;
  const auto offer = "--offload block (" + gigabytes(streamed) + " GB)";
  CHECK_THAT(planned(request, "t2v", machine).wrong, Catch::Matchers::Contains(offer));
}

TEST_CASE("ranks of other machines do not share this one's memory") {
  auto request = tiny();
  request.offload = config::Offload::kBlock;
  request.dtype = config::Dtype::kBfloat16;
  request.ulysses_degree = 4;
  auto machine = around();
  const auto all = planned(request, "t2v", machine).job.predicted.stream;
  REQUIRE(all);
  const auto& shape = all->shape;
  // Enough for the blocks of two ranks, not of four.
  machine.host_memory = 3 * shape.block_bytes * static_cast<uint64_t>(shape.blocks);
  CHECK(planned(request, "t2v", machine).job.predicted.stream->home == "the files");
  machine.ranks = 4, machine.local_ranks = 2;
  const auto [two_machines, wrong] = planned(request, "t2v", machine);
  CHECK(two_machines.predicted.stream->home == "host memory");
  CHECK(plan_json(two_machines)["plan"]["machine_ranks"] == 2);
}

TEST_CASE("--offload disk plans the files and holds slots alone") {
  auto request = tiny();
  request.dtype = config::Dtype::kBfloat16;
  request.load_ahead = config::LoadAhead::kNone;
  request.offload = config::Offload::kBlock;
  const auto block = planned(request).job;
  request.offload = config::Offload::kDisk;
  const auto [disk, wrong] = planned(request);
  CHECK(wrong.empty());
  CHECK(block.predicted.stream->home == "host memory");
  CHECK(disk.predicted.stream->home == "the files");
  const auto denoise = [](const Job& job) {
    for (const auto& stage : job.memory.stages)
      if (stage.stage == "denoise") return stage;
    return StageEstimate{};
  };
  const auto& shape = disk.predicted.stream->shape;
  const auto all = static_cast<double>(shape.block_bytes) * static_cast<double>(shape.blocks);
  CHECK(static_cast<double>(denoise(block).weights - denoise(disk).weights) ==
        Approx(all).epsilon(0.05));
  CHECK(denoise(block).read == denoise(disk).read);
  request.use_hsdp = true;
  request.hsdp_shard_size = 2;
  CHECK_THAT(planned(request).wrong,
             Catch::Matchers::Contains("--offload disk and --use-hsdp both decide"));
}

TEST_CASE("a fetch takes as long as its home says") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200"};
  const auto stream = [&](config::Offload offload) {
    request.offload = offload;
    const auto [job, wrong] = planned(request, "t2v", machine);
    CHECK(wrong.empty());
    return *job.predicted.stream;
  };
  const auto rates = gpu_rates("NVIDIA H200");
  const auto host = stream(config::Offload::kBlock);
  const auto block = static_cast<double>(host.shape.block_bytes);
  CHECK(host.home == "host memory");
  CHECK(host.host_bytes == static_cast<uint64_t>(host.units()) * host.shape.block_bytes);
  CHECK(host.times.fetch == Approx(block / rates.host_bytes_per_second));
  const auto cached = stream(config::Offload::kDisk);
  CHECK(cached.home == "the files");
  CHECK(cached.host_bytes == 0);
  CHECK(cached.times.fetch == Approx(block / rates.cache_bytes_per_second));
  CHECK(cached.times.fetch > host.times.fetch);
  // Memory that holds neither the blocks nor the files.
  machine.host_memory = host.shape.block_bytes;
  for (const auto offload : {config::Offload::kBlock, config::Offload::kDisk}) {
    const auto read = stream(offload);
    CHECK(read.home == "the files");
    CHECK(read.times.fetch == Approx(block / rates.disk_bytes_per_second));
  }
}

TEST_CASE("steps without guidance hide less of the fetches") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.offload = config::Offload::kBlock;
  request.num_inference_steps = 10;
  request.resident_blocks = 0;
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200"};
  const auto waiting = [&](double stop) {
    request.guidance_stop = stop;
    auto job = planned(request, "t2v", machine).job;
    job.predicted.rates.host_bytes_per_second = 1e8;  // slower than any block computes
    return planned_stream(job, machine).exposed_seconds;
  };
  const double guided = waiting(1), alone = waiting(0), part = waiting(0.3);
  REQUIRE(alone > guided);
  CHECK(part == Approx(0.3 * guided + 0.7 * alone));
}

TEST_CASE("a single streamed block has a single slot") {
  auto request = tiny();
  request.offload = config::Offload::kBlock;
  const auto every = planned(request).job.predicted.stream->shape.blocks;
  request.resident_blocks = every - 1;
  const auto stream = *planned(request).job.predicted.stream;
  CHECK(stream.units() == 1);
  CHECK(stream.device_bytes() == static_cast<uint64_t>(every) * stream.shape.block_bytes);
}
