// Which networks are loaded while the stage before theirs works, and what that adds.
#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "plan/plan_report.h"
#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using namespace kinema::test;
using config::LoadAhead;

namespace {

std::map<std::string, StageEstimate> stages(const Job& job) {
  std::map<std::string, StageEstimate> by_name;
  for (const auto& stage : job.memory.stages) by_name[stage.stage] = stage;
  return by_name;
}

// The tiny model in bfloat16 beside a GPU of 141 GB.
Planned on_gpu(config::Request request) {
  request.device = {config::Device::Kind::kCuda, 0};
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200"};
  return planned(request, "t2v", machine);
}

}  // namespace

TEST_CASE("stages hold what is loaded while they work") {
  auto request = tiny();
  request.load_ahead = LoadAhead::kNone;
  const auto without = stages(on_gpu(request).job);
  request.load_ahead = LoadAhead::kAll;
  const auto with = stages(on_gpu(request).job);
  CHECK(with.at("encode_text").ahead == without.at("denoise").weights);
  CHECK(with.at("denoise").ahead == without.at("decode").weights);
  CHECK(with.at("decode").ahead == 0);
  for (const auto& [name, stage] : with) {
    CHECK(stage.weights == without.at(name).weights + stage.ahead);
    CHECK(stage.peak() == without.at(name).peak() + stage.ahead);
    CHECK(stage.read == without.at(name).read);
  }
}

TEST_CASE("shards are held ahead without their slots") {
  auto request = tiny();
  request.use_hsdp = true;
  request.hsdp_shard_size = 2;
  request.load_ahead = LoadAhead::kTransformer;
  request.dtype = config::Dtype::kBfloat16;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  const auto by_name = stages(job);
  const auto& stream = *job.predicted.stream;
  const auto slots = static_cast<uint64_t>(std::min(stream.shape.slots, stream.units())) *
                     stream.shape.block_bytes;
  CHECK(by_name.at("encode_text").ahead > 0);
  CHECK(static_cast<double>(by_name.at("encode_text").ahead + slots) ==
        Approx(static_cast<double>(by_name.at("denoise").weights - by_name.at("denoise").mapped))
            .epsilon(0.02));
}

TEST_CASE("a GPU with room takes all, one without none, and what was asked for is refused there") {
  auto request = tiny();
  request.width = request.height = 16, request.num_frames = 1;  // weights are the most of it
  auto chosen = on_gpu(request);
  CHECK(chosen.wrong.empty());
  CHECK(chosen.job.request().load_ahead == LoadAhead::kAll);
  CHECK_THAT(plan_report(chosen.job), Catch::Matchers::Contains("ahead   transformer and VAE: "));
  CHECK(plan_json(chosen.job)["stages"]["denoise"]["ahead_bytes"] > 0);

  // As much as the largest stage needs alone.
  request.load_ahead = LoadAhead::kNone;
  const auto least = on_gpu(request).job.memory.largest().peak();
  request.max_memory = static_cast<double>(least) * 1e-9;
  request.load_ahead = LoadAhead::kAuto;
  chosen = on_gpu(request);
  CHECK(chosen.wrong.empty());
  CHECK(chosen.job.memory.largest().peak() <= least);
  CHECK(chosen.job.request().load_ahead != LoadAhead::kAll);
  request.load_ahead = LoadAhead::kAll;
  CHECK_THAT(on_gpu(request).wrong, Catch::Matchers::Contains("--load-ahead none ("));
  request.max_memory.reset();
  request.offload = config::Offload::kModel;
  CHECK_THAT(on_gpu(request).wrong,
             Catch::Matchers::Contains("--load-ahead: with --offload model"));
  request.load_ahead = LoadAhead::kAuto;
  CHECK(on_gpu(request).job.request().load_ahead == LoadAhead::kNone);
}

TEST_CASE("on the CPU nothing is loaded ahead unasked") {
  auto request = tiny();
  CHECK(planned(request).job.request().load_ahead == LoadAhead::kNone);
  request.max_memory = 4;
  CHECK(planned(request).job.request().load_ahead == LoadAhead::kNone);
  request.load_ahead = LoadAhead::kVae;
  CHECK(stages(planned(request).job).at("denoise").ahead > 0);
}
