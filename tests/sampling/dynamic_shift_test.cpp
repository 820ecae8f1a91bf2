// Times shifted by the number of tokens, stretched and given, against diffusers'
// FlowMatchEulerDiscreteScheduler under its LTX-2 pipelines.
#include <bit>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "sampling/flow_match.h"

namespace kinema::sampling {
namespace {

config::FlowMatchConfig released() {
  config::FlowMatchConfig config;
  config.use_dynamic_shifting = true;
  config.base_shift = 0.95;
  config.max_shift = 2.05;
  config.base_image_seq_len = 1024;
  config.max_image_seq_len = 4096;
  config.shift_terminal = 0.1;
  return config;
}

config::FlowMatchConfig linear() {
  auto config = released();
  config.time_shift_type = config::TimeShift::kLinear;
  return config;
}

config::FlowMatchConfig unstretched() {
  auto config = released();
  config.shift_terminal = 0;
  return config;
}

config::FlowMatchConfig constant(double shift, double terminal) {
  config::FlowMatchConfig config;
  config.shift = shift;
  config.shift_terminal = terminal;
  return config;
}

FlowSchedule made(int64_t steps, int64_t tokens, const config::FlowMatchConfig& config) {
  return flow_schedule(even_sigmas(steps), config, dynamic_shift(tokens, config));
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

const std::vector<double> kDistilled = {1,     0.99375,  0.9875, 0.98125,
                                        0.975, 0.909375, 0.725,  0.421875};

}  // namespace

TEST_CASE("Shifted and stretched times are the reference's, to the bit", "[flow][dynamic]") {
  // Hashes of diffusers' float32 sigmas and timesteps of four sizes for 2 to 60 steps.
  auto [config, want] = GENERATE(table<config::FlowMatchConfig, uint64_t>({
      {released(), 0xd77df0cb7799dbe1},
      {linear(), 0x273d96a06a4461bc},
      {unstretched(), 0x9cea7b1e7f755291},
      {constant(3.0, 0.1), 0x3451c35f0184eb25},
      {constant(1.0, 0), 0x92a9ba4d3979aee5},
  }));
  uint64_t hash = 0xcbf29ce484222325;
  for (int64_t tokens : {27, 1536, 6144, 14080}) {
    for (int64_t steps = 2; steps <= 60; ++steps) {
      const auto schedule = made(steps, tokens, config);
      hash = hashed(hashed(hash, schedule.sigmas), schedule.timesteps);
    }
  }
  CHECK(hash == want);
}

TEST_CASE("Given sigmas are shifted too, unless the shift is 1", "[flow][dynamic]") {
  CHECK(dynamic_shift(6144, released()) == 2.783333333333333);
  const auto plain = flow_schedule(kDistilled, constant(1.0, 0), 0);
  auto want = kDistilled;
  want.push_back(0);
  CHECK(at::equal(at::tensor(plain.sigmas), at::tensor(want, at::kFloat)));
  const auto shifted = flow_schedule(kDistilled, released(), dynamic_shift(6144, released()));
  CHECK(at::equal(
      at::tensor(shifted.sigmas),
      at::tensor({1.0, 0.9955217838287354, 0.990988552570343, 0.9864038825035095, 0.981762170791626,
                  0.9294386506080627, 0.7359697222709656, 0.10000002384185791, 0.0},
                 at::kFloat)));
}

TEST_CASE("What cannot be stretched or is no step is an error", "[flow][dynamic]") {
  CHECK_THROWS_AS(made(1, 6144, released()), Error);
  CHECK_THROWS_AS(made(0, 6144, released()), Error);
  CHECK_THROWS_AS(flow_schedule(std::vector<double>(), released(), 1.0), Error);
  const auto one = made(1, 6144, unstretched());
  CHECK(one.sigmas == std::vector<float>{1.0F, 0.0F});
}

}  // namespace kinema::sampling
