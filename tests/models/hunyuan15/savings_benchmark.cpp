// What the exact savings of HunyuanVideo 1.5's transformer are worth on this machine. Hidden: run
// models_test "[savings]"; it prints and asserts no time.
#include <cstdio>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/transformer.h"
#include "support/local_seams.h"
#include "support/random_source.h"
#include "support/savings.h"

namespace kinema::hunyuan15 {
namespace {

constexpr int64_t kFrames = 5, kHeight = 15, kWidth = 26, kTextTokens = 256, kSteps = 30;

config::Hunyuan15TransformerConfig middle_sized() {
  config::Hunyuan15TransformerConfig config;
  config.in_channels = 65;
  config.out_channels = 32;
  config.num_attention_heads = 8;
  config.attention_head_dim = 64;
  config.rope_axes_dim = {16, 24, 24};
  config.num_layers = 4;
  config.num_refiner_layers = 2;
  config.mlp_ratio = 4;
  config.patch_size = 1;
  config.patch_size_t = 1;
  config.text_embed_dim = 512;
  config.text_embed_2_dim = 256;
  config.image_embed_dim = 128;
  return config;
}

// Each stream in its own memory, so that they must be put together.
class Apart : public nn::LocalJointAttention {
 public:
  nn::JointHeads places(const nn::HeadShape& shape,
                        const nn::Brings& video,
                        const nn::Brings& text) const override {
    const nn::Brings nobody{0, false, false};
    return {LocalJointAttention::places(shape, video, nobody).video,
            LocalJointAttention::places(shape, nobody, text).text,
            {}};
  }
};

}  // namespace

TEST_CASE("What HunyuanVideo's savings are worth", "[.][savings]") {
  const c10::InferenceMode mode;
  at::manual_seed(3);
  const auto config = middle_sized();
  test::RandomSource source(64);
  const nn::ParamScope scope(source);
  test::LocalSeams local;
  const Transformer transformer(scope, config, local.seams());
  const auto times = at::linspace(1000.0, 20.0, kSteps);
  const auto table = std::make_shared<const ModulationTable>(scope, config, times);
  const std::vector<Condition> conditions = {
      {at::randn({1, kTextTokens, 512}), at::randn({1, 32, 256}), at::randn({1, 64, 128})}};
  const auto latents = at::randn({1, 32, kFrames, kHeight, kWidth});
  auto prepared = transformer.prepare(latents.sizes(), table, conditions);
  const auto modulation = table->block(3, 0);
  const auto block_scope = scope / "transformer_blocks" / 3;
  const DualStreamBlock whole(block_scope, config);
  const LastBlock last(block_scope, config);
  const int64_t tokens = kFrames * kHeight * kWidth;
  const auto video = at::randn({1, tokens, config.width()}),
             text = at::randn({1, kTextTokens, config.width()});
  const nn::LocalJointAttention together;
  const Apart apart;
  std::printf("HunyuanVideo 1.5: %ld + %ld tokens, 4 blocks of 512 channels\n",
              static_cast<long>(tokens), static_cast<long>(kTextTokens));

  // The plain path makes the vectors of a step in the step; the other looks them up.
  test::compare(
      "modulations of all steps before the loop (of each step)",
      [&] { ModulationTable(scope, config, times.narrow(0, 0, 1)); },
      [&] {
        for (int64_t i = 0; i < config.num_layers; ++i) table->block(i, 7);
        table->output(7);
      });
  const ConditionEmbedder embed_condition(scope, config);
  const auto condition = embed_condition.prepare(conditions[0]);
  auto step_of = [&](const ConditionEmbedder::Prepared& ready) {
    embed_condition(ready, table->refiner_time(0));
  };
  test::compare(
      "rotary tables, pooled text, refiner's first attention once",
      [&] {
        nn::grid_rotary({kFrames, kHeight, kWidth}, config.rope_axes_dim, 256.0, latents);
        step_of(embed_condition.prepare(conditions[0]));
      },
      [&] { step_of(condition); });
  const auto all_channels = at::cat({latents, at::zeros({1, 33, kFrames, kHeight, kWidth})}, 1);
  const PatchEmbedding embed(scope / "x_embedder.proj", config);
  auto embedded = [&](const at::Tensor& input) {
    return [&] { embed(patches(input, Patch(config))); };
  };
  test::compare("channels that are zero left out (the embedding)", embedded(all_channels),
                embedded(latents));
  auto through = [&](const nn::JointAttention& attend) {
    return [&] {
      nn::Residual v = video, t = text;
      whole(v, t, modulation, prepared.rotary, attend, nn::reference_elementwise());
    };
  };
  test::compare("the last block without the text's unused end", through(together), [&] {
    nn::Residual v = video;
    last(v, text, modulation, prepared.rotary, together, nn::reference_elementwise());
  });
  test::compare("queries, keys, values written where both attend (a block)", through(apart),
                through(together));
}

}  // namespace kinema::hunyuan15
