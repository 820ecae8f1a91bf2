// Predicted times against figures worked out by hand for real models.
#include "plan/cost_model.h"

#include <catch2/catch.hpp>

#include "plan/hunyuan15_cost.h"
#include "plan/ltx2_cost.h"

using namespace kinema;
using namespace kinema::plan;

namespace {

DenoiserShape hunyuan(int64_t tokens, int64_t passes = 1, int64_t text = 256) {
  return hunyuan15_denoiser({}, {.video = tokens, .text = text, .passes = passes},
                            config::Dtype::kBfloat16);
}

const MachineRates& h200() {
  static const auto rates = gpu_rates("NVIDIA H200");
  return rates;
}

constexpr int64_t k480p = 48'360, k720p = 111'600;

}  // namespace

TEST_CASE("a forward's FLOPs are those of the published counts") {
  const auto shape = hunyuan(k480p);
  const double linear = (shape.token_flops + shape.context_flops) * 54;
  CHECK(linear == Approx(264.3e12).epsilon(0.001));
  CHECK(shape.attention_flops * 54 == Approx(1045.5e12).epsilon(0.001));
  CHECK(hunyuan(k720p).attention_flops * 54 == Approx(5534.8e12).epsilon(0.001));
  CHECK(shape.block_bytes == 2 * 2 * 12 * 2048 * 2048);
}

TEST_CASE("LTX-2 has the published FLOPs and bytes") {
  const auto shape =
      ltx2_denoiser({}, {.video = 6'144, .audio = 126, .text = 1'024}, config::Dtype::kBfloat16);
  // 158.3 TF of video matrices, 29.7 of self-attention, 4.9 and 0.6 with text and sound, 0.9 of
  // sound; the text's keys and values are made once.
  CHECK(shape.token_flops * 48 == Approx(158.3e12).epsilon(0.001));
  CHECK(shape.attention_flops * 48 == Approx(35.2e12).epsilon(0.01));
  CHECK(shape.context_flops * 48 == Approx(0.9e12).epsilon(0.05));
  CHECK(static_cast<double>(shape.block_bytes) == Approx(772e6).epsilon(0.002));
}

TEST_CASE("one GPU spends a step computing") {
  const auto time = step_time(hunyuan(k480p), {}, h200());
  CHECK(time.compute == Approx(1.828).epsilon(0.02));
  CHECK(time.total() == time.compute);
  CHECK(step_time(hunyuan(k480p, 2), {}, h200()).compute == Approx(2 * time.compute));
}

TEST_CASE("guidance branches on two ranks halve a step but for one exchange") {
  const auto shape = hunyuan(k480p, 2);
  const ParallelPlan cfg2{.cfg = 2};
  const auto time = step_time(shape, cfg2, h200());
  CHECK(time.compute == Approx(step_time(shape, {}, h200()).compute / 2));
  CHECK(time.ulysses + time.ring + time.tensor + time.weights == 0);
  CHECK(time.gather == Approx(k480p * 32 * 2 / 300e9).margin(30e-6));
  CHECK(passes_here(hunyuan(1, 4), {.cfg = 3}) == 2);
}

TEST_CASE("steps without guidance run one forward, on ranks that wait for nobody else's") {
  auto shape = hunyuan(k480p, 2);
  shape.guided_share = 0.3;
  const double one = step_time(hunyuan(k480p), {}, h200()).compute;
  CHECK(step_time(shape, {}, h200()).compute == Approx((0.3 * 2 + 0.7) * one));
  CHECK(step_time(shape, {.cfg = 2}, h200()).compute == Approx(one));
}

TEST_CASE("exchanges carry the bytes of their formulas") {
  // LTX-2 at 1088x1920x121: 32640 tokens of width 4096 in bfloat16; MB sent in a block.
  DenoiserShape ltx;
  ltx.blocks = 1;
  ltx.token_bytes = 32'640.0 * 4096 * 2;
  ltx.token_sums = 4, ltx.context_sums = 0;
  MachineRates link_only = h200();
  link_only.matrix = link_only.attention = 1e30;
  link_only.block_floor = 0;
  const auto megabytes = [&](const ParallelPlan& plan, double messages) {
    const auto time = step_time(ltx, plan, link_only);
    const double seconds = time.ulysses + time.ring + time.tensor - messages * 20e-6;
    return seconds * 300e3;
  };
  CHECK(megabytes({.ulysses = 2}, 3) == Approx(267).epsilon(0.005));
  CHECK(megabytes({.ulysses = 4}, 3) == Approx(201).epsilon(0.005));
  CHECK(megabytes({.ulysses = 8}, 3) == Approx(117).epsilon(0.005));
  CHECK(megabytes({.ring = 2}, 1) == Approx(267).epsilon(0.005));
  CHECK(megabytes({.ring = 4}, 3) == Approx(401).epsilon(0.005));
  CHECK(megabytes({.ring = 8}, 7) == Approx(468).epsilon(0.005));
  // Four sums of all tokens; an all-reduce sends 2 (T - 1) / T of them.
  CHECK(megabytes({.tensor = 2}, 8) == Approx(4 * 267.4).epsilon(0.005));
}

TEST_CASE("a ring hides behind attention, Ulysses does not") {
  const auto shape = hunyuan(k720p);
  const auto ring = step_time(shape, {.ring = 2}, h200());
  CHECK(ring.ring == Approx(54 * 2 * (40.0 * k720p * 2048 / 2 / 4.32e12 + 5e-5)));  // merging alone
  CHECK(ring.compute == Approx(step_time(shape, {.ulysses = 2}, h200()).compute));
  CHECK(step_time(shape, {.ulysses = 2}, h200()).ulysses > 0.05);
  auto slow = h200();
  slow.near = LinkKind::kLoopback;
  CHECK(step_time(shape, {.ring = 2}, slow).ring > ring.ring);
}

TEST_CASE("groups that leave their machine use the network") {
  const auto shape = hunyuan(k480p);
  auto nodes = h200();
  nodes.ranks_per_machine = 2;
  const ParallelPlan u4{.ulysses = 4}, u2c2{.ulysses = 2, .cfg = 2};
  CHECK(step_time(shape, u4, nodes).ulysses > step_time(shape, u4, h200()).ulysses);
  CHECK(step_time(shape, u2c2, nodes).ulysses == step_time(shape, u2c2, h200()).ulysses);
}

TEST_CASE("gathers are exposed where they take longer than blocks") {
  const auto shape = hunyuan(14'040);
  const ParallelPlan two{.ulysses = 2, .hsdp_shard = 2};
  // 2 * 24 d^2 bytes and half of them over the link.
  CHECK(gather_seconds(shape, two, h200()) == Approx(201.3e6 / 2 / 300e9 + 20e-6).epsilon(0.01));
  CHECK(step_time(shape, two, h200()).weights == 0);
  auto slow = h200();
  slow.near = LinkKind::kLoopback;
  const double fetch = gather_seconds(shape, two, slow);
  CHECK(step_time(shape, two, slow).weights ==
        Approx(54 * (fetch - block_visit_seconds(shape, two, slow))));
}

TEST_CASE("cards are known by their names") {
  CHECK(gpu_rates("NVIDIA H200").matrix == Approx(790e12).epsilon(0.01));
  CHECK(gpu_rates("NVIDIA H100 80GB HBM3").memory == 80'000'000'000);
  CHECK(gpu_rates("NVIDIA L4").memory == 24'000'000'000);
  CHECK(gpu_rates("NVIDIA L40S").memory == 48'000'000'000);
  CHECK(gpu_rates("NVIDIA A100-SXM4-40GB").memory == 40'000'000'000);
  CHECK(gpu_rates("NVIDIA A100-SXM4-80GB").near == LinkKind::kNvlink);
  CHECK(gpu_rates("NVIDIA GeForce RTX 4090").near == LinkKind::kPcie);
  CHECK(gpu_rates("something new").memory == 0);
  CHECK(gpu_rates("something new").matrix > 0);
}
