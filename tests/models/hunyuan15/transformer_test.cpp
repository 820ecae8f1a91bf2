// The whole transformer: against the reference, against itself without savings, and at its seams.
#include "models/hunyuan15/transformer.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "kernels/aten_kernels.h"
#include "models/hunyuan15/plain_transformer.h"
#include "models/hunyuan15/transformer_case.h"
#include "nn/fused.h"
#include "sampling/flow_match.h"
#include "sampling/guidance.h"
#include "support/random_source.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

using test::scaled_difference;

constexpr size_t kBoth[] = {0, 1}, kFirst[] = {0}, kSecond[] = {1};

struct Loaded {
  explicit Loaded(const std::string& name, const nn::Elementwise& by = nn::reference_elementwise())
      : stored(name),
        transformer(stored.scope(), stored.config, local.seams(by)),
        prepared(transformer.prepare(stored.at("latents_initial").sizes(),
                                     std::make_shared<ModulationTable>(stored.modulation()),
                                     stored.conditions())) {}

  at::Tensor input(const at::Tensor& latents) const {
    auto constant = stored.constant_channels();
    return constant.defined() ? at::cat({latents, constant}, 1) : latents;
  }
  at::Tensor input() const { return input(stored.at("latents_initial")); }

  TransformerCase stored;
  LocalSeams local;
  Transformer transformer;
  Prepared prepared;
};

// Pads the video with tokens of zeros, and keeps them out of the attention.
class Padding : public nn::TokenSplit, public nn::JointAttention {
 public:
  at::Tensor part(const at::Tensor& tokens, int64_t dim) const override {
    auto sizes = tokens.sizes().vec();
    sizes[static_cast<size_t>(dim)] = kExtra;
    return at::cat({tokens, at::zeros(sizes, tokens.options())}, dim);
  }
  at::Tensor whole(const at::Tensor& part, int64_t dim, int64_t total) const override {
    return part.narrow(dim, 0, total);
  }
  std::pair<at::Tensor, at::Tensor> attended(const nn::JointHeads& joint) const override {
    auto real = [](const at::Tensor& x) { return x.narrow(1, 0, x.size(1) - kExtra); };
    const auto& video = joint.video;
    auto [v, t] = nn::LocalJointAttention().attended(
        {{real(video.q), real(video.k), real(video.v)}, joint.text, {}});
    return {part(v, 1), t};
  }

 private:
  static constexpr int64_t kExtra = 3;
};

class Log : public nn::BlockWeights {
 public:
  void enter(int64_t index) override { note('+', index); }
  void leave(int64_t index) override { note('-', index); }
  std::string calls;

 private:
  void note(char what, int64_t index) {
    calls += what;
    calls += std::to_string(index);
  }
};

class Counting : public nn::LocalJointAttention {
 public:
  explicit Counting(Log& log) : log_(log) {}
  std::pair<at::Tensor, at::Tensor> attended(const nn::JointHeads& joint) const override {
    log_.calls += "a";
    return LocalJointAttention::attended(joint);
  }

 private:
  Log& log_;
};

config::Hunyuan15TransformerConfig patched_config() {
  config::Hunyuan15TransformerConfig config;
  config.in_channels = 7;
  config.out_channels = 3;
  config.num_attention_heads = 3;
  config.attention_head_dim = 12;
  config.rope_axes_dim = {4, 4, 4};
  config.num_layers = 4;
  config.num_refiner_layers = 2;
  config.mlp_ratio = 2.5;
  config.patch_size = 2;
  config.patch_size_t = 2;
  config.text_embed_dim = 20;
  config.text_embed_2_dim = 14;
  config.image_embed_dim = 10;
  config.use_meanflow = true;
  return config;
}

}  // namespace

TEST_CASE("The first velocities of both branches are the reference's", "[transformer]") {
  Loaded loaded(GENERATE("t2v", "i2v"));
  auto got = loaded.transformer.velocity(loaded.prepared, loaded.input(), 0, kBoth);
  CHECK(scaled_difference(got[0], loaded.stored.at("transformer_output_step0")) < 1e-5);
  CHECK(scaled_difference(got[1], loaded.stored.at("transformer_output_step0_uncond")) < 1e-5);
}

TEST_CASE("A branch alone is the branch beside the other, to the bit", "[transformer]") {
  Loaded loaded("t2v");
  auto velocity = [&](std::span<const size_t> branches) {
    return loaded.transformer.velocity(loaded.prepared, loaded.input(), 1, branches);
  };
  auto both = velocity(kBoth);
  CHECK(at::equal(velocity(kFirst).at(0), both[0]));
  CHECK(at::equal(velocity(kSecond).at(0), both[1]));
}

TEST_CASE("Denoising follows the reference's latents step by step", "[transformer]") {
  Loaded loaded(GENERATE("t2v", "i2v"));
  const auto& stored = loaded.stored;
  const int64_t steps = stored.at("timesteps").size(0);
  config::FlowMatchConfig scheduler;
  scheduler.shift = stored.shift;
  config::GuiderConfig guider;
  guider.guidance_scale = stored.guidance_scale;
  auto schedule = sampling::flow_schedule(steps, scheduler);
  REQUIRE(at::equal(at::tensor(schedule.sigmas), stored.at("sigmas")));
  sampling::Guidance guidance(guider, steps);
  auto latents = stored.at("latents_initial");
  for (int64_t i = 0; i < steps; ++i) {
    auto v = loaded.transformer.velocity(loaded.prepared, loaded.input(latents), i, kBoth);
    auto guided = guidance(v[0], v[1], sampling::Numerics::kTrained);
    if (i == 0) CHECK(scaled_difference(guided, stored.at("noise_pred_0")) < 1e-5);
    latents = sampling::euler_step(latents, guided, schedule, i, sampling::Numerics::kTrained);
    CHECK(scaled_difference(latents, stored.at("latents_after_step" + std::to_string(i))) < 1e-5);
  }
}

TEST_CASE("With patches, mean flow and every condition it equals the plain computation",
          "[transformer]") {
  auto config = patched_config();
  test::RandomSource weights(kAnyGlyphWidth);
  LocalSeams local;
  Transformer transformer(nn::ParamScope(weights), config, local.seams());
  auto t = at::tensor({1000.0F, 731.5F, 80.25F}), t_r = at::tensor({731.5F, 80.25F, 0.0F});
  auto table = std::make_shared<ModulationTable>(nn::ParamScope(weights), config, t, t_r);
  at::manual_seed(11);
  std::vector<Condition> conditions = {
      {at::randn({1, 9, 20}), at::randn({1, 5, 14}), at::randn({1, 6, 10})},
      {at::randn({1, 4, 20}), {}, at::randn({1, 6, 10})}};
  auto input = at::randn({1, 7, 4, 6, 8});
  auto prepared = transformer.prepare(input.sizes(), table, conditions);
  for (int64_t step = 0; step < 3; ++step) {
    auto got = transformer.velocity(prepared, input, step, kBoth);
    for (size_t branch : kBoth) {
      auto want = plain_velocity(weights, config, input, t.narrow(0, step, 1),
                                 t_r.narrow(0, step, 1), conditions[branch]);
      CHECK(scaled_difference(got[branch], want) < 1e-5);
    }
  }
}

TEST_CASE("Zero channels that are left out do not change the velocity", "[transformer]") {
  Loaded loaded("t2v");
  auto latents = loaded.input();
  auto zeros = at::zeros({1, loaded.stored.config.in_channels - latents.size(1), latents.size(2),
                          latents.size(3), latents.size(4)});
  auto got = loaded.transformer.velocity(loaded.prepared, latents, 0, kFirst);
  auto want = loaded.transformer.velocity(loaded.prepared, at::cat({latents, zeros}, 1), 0, kFirst);
  CHECK(scaled_difference(got[0], want[0]) < 1e-6);
}

TEST_CASE("Each block is entered once, serves every branch and is left", "[transformer]") {
  TransformerCase stored("t2v");
  Log log;
  Counting attend(log);
  nn::TokenSplit tokens;
  Transformer transformer(stored.scope(), stored.config, {attend, tokens, log});
  auto prepared = transformer.prepare(stored.at("latents_initial").sizes(),
                                      std::make_shared<ModulationTable>(stored.modulation()),
                                      stored.conditions());
  transformer.velocity(prepared, stored.at("latents_initial"), 0, kBoth);
  CHECK(log.calls == "+0aa-0+1aa-1");
}

TEST_CASE("Padding tokens behind a part are harmless", "[transformer]") {
  Loaded loaded("t2v");
  Padding padding;
  nn::BlockWeights blocks;
  Transformer padded(loaded.stored.scope(), loaded.stored.config, {padding, padding, blocks});
  auto prepared = padded.prepare(loaded.input().sizes(), loaded.prepared.modulation,
                                 loaded.stored.conditions());
  auto got = padded.velocity(prepared, loaded.input(), 0, kBoth);
  auto want = loaded.transformer.velocity(loaded.prepared, loaded.input(), 0, kBoth);
  CHECK(scaled_difference(got[0], want[0]) < 1e-6);
  CHECK(scaled_difference(got[1], want[1]) < 1e-6);
}

TEST_CASE("All of a checkpoint is taken but what is declared unused", "[transformer]") {
  Loaded loaded(GENERATE("t2v", "i2v"));
  std::vector<std::string> untaken;
  for (const auto& [name, tensor] : loaded.stored.source.tensors()) {
    if (!loaded.stored.source.taken().contains(name)) untaken.push_back(name);
  }
  auto unused = unused_parameters(loaded.stored.config);
  std::sort(unused.begin(), unused.end());
  CHECK(untaken == unused);
}

TEST_CASE("Blocks take no adaptive norm", "[transformer]") {
  TransformerCase stored("t2v");
  LocalSeams local;
  Transformer transformer(stored.scope(), stored.config, local.seams());
  for (const auto& name : stored.source.taken()) {
    CAPTURE(name);
    CHECK_FALSE((name.starts_with("transformer_blocks") && name.find("norm1") != name.npos));
    CHECK_FALSE(name.starts_with("time_embed"));
    CHECK_FALSE(name.starts_with("norm_out"));
  }
  CHECK(block_prefixes(stored.config) ==
        std::vector<std::string>{"transformer_blocks.0", "transformer_blocks.1"});
}

TEST_CASE("In bfloat16 the velocity stays near that of float32", "[transformer]") {
  Loaded loaded("t2v");
  std::map<std::string, at::Tensor> rounded;
  for (const auto& [name, tensor] : loaded.stored.source.tensors()) {
    rounded[name] = tensor.to(at::kBFloat16);
  }
  test::MapSource source(rounded);
  Transformer transformer(nn::ParamScope(source), loaded.stored.config, loaded.local.seams());
  auto table = std::make_shared<ModulationTable>(nn::ParamScope(source), loaded.stored.config,
                                                 loaded.stored.at("timesteps"));
  auto prepared = transformer.prepare(loaded.input().sizes(), table, loaded.stored.conditions());
  auto got = transformer.velocity(prepared, loaded.input(), 0, kFirst)[0];
  CHECK(got.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(got, loaded.stored.at("transformer_output_step0")) < 0.1);
}

TEST_CASE("With fused chains the velocities are the same to the bit", "[transformer]") {
  const auto name = GENERATE("t2v", "i2v");
  Loaded plain(name);
  std::map<std::string, int> calls;
  const auto fused = nn::fused_elementwise(std::make_unique<test::AtenKernels>(&calls));
  Loaded loaded(name, *fused);
  const auto want = plain.transformer.velocity(plain.prepared, plain.input(), 1, kBoth);
  const auto got = loaded.transformer.velocity(loaded.prepared, loaded.input(), 1, kBoth);
  for (size_t branch = 0; branch < want.size(); ++branch)
    CHECK(at::equal(got[branch], want[branch]));
  // Of each branch: both streams are normed twice a block, the last one's text once, and the video
  // before the projection. Before the first norms nothing has been added.
  const int blocks = static_cast<int>(loaded.stored.config.num_layers);
  CHECK(calls.at("norm_modulate") == 2 * 2);
  CHECK(calls.at("residual_gate_norm_modulate") == 2 * (4 * blocks - 2));
}

}  // namespace kinema::hunyuan15
