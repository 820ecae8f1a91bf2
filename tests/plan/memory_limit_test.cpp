// How much a device may be filled where nobody says it.
#include <catch2/catch.hpp>

#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using namespace kinema::test;
using Catch::Matchers::Contains;

namespace {

Surroundings cards(const std::vector<std::string>& names) {
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = names;
  return machine;
}

constexpr uint64_t kLarge = 126'900'000'000, kSmall = 21'600'000'000;  // 90 % of 141 and of 24 GB

// A video that an H200 decodes whole and an RTX 4090 does not.
config::Request large_video() {
  auto request = tiny();
  request.width = request.height = 1024;
  request.num_frames = 5;
  for (const auto machine = cards({"NVIDIA H200"}); *request.height < 32768;) {
    const auto [job, wrong] = planned(request, "t2v", machine);
    REQUIRE(wrong.empty());
    if (job.memory.stages.back().peak() > kSmall) break;
    auto& side = *request.width > *request.height ? request.height : request.width;
    *side *= 2;
  }
  return request;
}

}  // namespace

TEST_CASE("a GPU's frames are decoded in tiles where the whole would not fit on it") {
  auto request = large_video();
  const auto [whole, fits] = planned(request, "t2v", cards({"NVIDIA H200"}));
  CHECK(fits.empty());
  CHECK(whole.memory_limit == kLarge);
  CHECK(whole.request().vae_tiling == config::VaeTiling::kOff);
  request.vae_tile_size = 64;
  const auto [tiled, also_fits] = planned(request, "t2v", cards({"NVIDIA GeForce RTX 4090"}));
  CHECK(also_fits.empty());
  CHECK(tiled.memory_limit == kSmall);
  CHECK(tiled.request().vae_tiling == config::VaeTiling::kOn);
  CHECK(tiled.memory.stages.back().peak() <= kSmall);
  // A card that nothing is known of is not held to anything.
  CHECK(planned(request, "t2v", cards({"NVIDIA Something"})).job.request().vae_tiling ==
        config::VaeTiling::kOff);
}

TEST_CASE("what cannot fit on a GPU is refused before it is tried") {
  auto request = large_video();
  request.vae_tiling = config::VaeTiling::kOff;
  const auto wrong = planned(request, "t2v", cards({"NVIDIA GeForce RTX 4090"})).wrong;
  CHECK_THAT(wrong,
             Contains("GB, 21.6 GB are usable on NVIDIA GeForce RTX 4090 | --vae-tiling on ("));
  CHECK_THAT(wrong, Contains(", or --max-memory where it has more"));
  request.max_memory = 100;
  CHECK(planned(request, "t2v", cards({"NVIDIA GeForce RTX 4090"})).wrong.empty());
}

TEST_CASE("processes that share a GPU share its memory") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.ulysses_degree = 4;
  request.share_gpus = true;
  const auto limit = [&](const std::vector<std::string>& names) {
    return planned(request, "t2v", cards(names)).job.memory_limit;
  };
  CHECK(limit({"NVIDIA H200"}) == kLarge / 4);
  CHECK(limit({"NVIDIA H200", "NVIDIA H200", "NVIDIA H200"}) == kLarge / 2);
}
