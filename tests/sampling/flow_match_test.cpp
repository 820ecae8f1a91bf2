// Times and steps against diffusers' FlowMatchEulerDiscreteScheduler.
#include "sampling/flow_match.h"

#include <bit>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "support/tensors.h"

namespace kinema::sampling {
namespace {

FlowSchedule made(int64_t steps, double shift) {
  config::FlowMatchConfig config;
  config.shift = shift;
  return flow_schedule(steps, config);
}

// FNV-1a over the little-endian bytes.
uint64_t hashed(uint64_t hash, const std::vector<float>& values) {
  for (float value : values) {
    auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) {
      hash = (hash ^ ((bits >> shift) & 0xff)) * 0x100000001b3ULL;
    }
  }
  return hash;
}

at::Tensor bf16(std::vector<float> values) { return at::tensor(values).to(at::kBFloat16); }

}  // namespace

TEST_CASE("Sigmas and timesteps are the reference's, to the bit", "[flow]") {
  // Hashes of diffusers' float32 sigmas and timesteps for 1 to 100 steps.
  auto [shift, want] = GENERATE(table<double, uint64_t>({{1.0, 0x2863481cf6ca7964},
                                                         {2.0, 0x2ca68bd8b27dd391},
                                                         {3.0, 0x21f85b36b0bf6e02},
                                                         {5.0, 0xa738e99b6f7b6f12},
                                                         {7.0, 0x37ae4e1454e80fee},
                                                         {9.0, 0x4261bfb5341a4201},
                                                         {12.5, 0xa1492eeda56ab104}}));
  uint64_t hash = 0xcbf29ce484222325;
  for (int64_t steps = 1; steps <= 100; ++steps) {
    auto schedule = made(steps, shift);
    hash = hashed(hashed(hash, schedule.sigmas), schedule.timesteps);
  }
  CHECK(hash == want);
}

TEST_CASE("The stored case's times are made again", "[flow]") {
  auto expected = test::stored_tensors("hunyuan15/t2v/expected.safetensors");
  auto schedule = made(3, 5.0);
  CHECK(at::equal(at::tensor(schedule.sigmas), expected.at("sigmas")));
  CHECK(at::equal(model_times(schedule, at::kFloat, Numerics::kTrained), expected.at("timesteps")));
}

TEST_CASE("No steps is an error", "[flow]") { CHECK_THROWS_AS(made(0, 5.0), Error); }

TEST_CASE("Times told to the model are rounded only for the reference", "[flow]") {
  auto schedule = made(50, 5.0);
  auto exact = model_times(schedule, at::kBFloat16, Numerics::kTrained);
  auto rounded = model_times(schedule, at::kBFloat16, Numerics::kReference);
  CHECK(exact[1].item<float>() == schedule.timesteps[1]);
  CHECK(rounded[1].item<float>() == 996.0F);
  CHECK(at::equal(model_times(schedule, at::kFloat, Numerics::kReference), exact));
}

TEST_CASE("Mean flow is told where each step goes", "[flow]") {
  auto schedule = made(4, 7.0);
  auto t = model_times(schedule, at::kFloat, Numerics::kTrained);
  auto t_r = model_target_times(schedule, at::kFloat, Numerics::kTrained);
  CHECK(at::equal(t_r.narrow(0, 0, 3), t.narrow(0, 1, 3)));
  CHECK(t_r[3].item<float>() == 0.0F);
}

TEST_CASE("A step is the reference's in float32 and, if asked, in bfloat16", "[flow]") {
  auto schedule = made(12, 7.0);
  auto x = bf16({1.5390625F, -0.29296875F, -2.171875F, 0.5703125F, -1.0859375F, -1.3984375F});
  auto v = bf16({0.404296875F, 0.83984375F, -0.71875F, -0.404296875F, -0.59765625F, 0.181640625F});
  auto want = at::tensor({1.5259603261947632, -0.3201858401298523, -2.1485822200775146,
                          0.5834146738052368, -1.0665690898895264, -1.404323935508728},
                         at::kFloat);
  CHECK(at::equal(euler_step(x, v, schedule, 5, Numerics::kTrained), want));
  auto rounded =
      at::tensor({1.5234375F, -0.3203125F, -2.15625F, 0.58203125F, -1.0703125F, -1.40625F});
  CHECK(at::equal(euler_step(x, v, schedule, 5, Numerics::kReference), rounded));
  CHECK(at::equal(euler_step(x.to(at::kFloat), v.to(at::kFloat), schedule, 5, Numerics::kReference),
                  want));
}

}  // namespace kinema::sampling
