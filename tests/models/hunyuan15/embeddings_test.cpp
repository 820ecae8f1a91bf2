// Latents to tokens and back.
#include "models/hunyuan15/embeddings.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/transformer_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

config::Hunyuan15TransformerConfig patched(int64_t frames, int64_t edge) {
  config::Hunyuan15TransformerConfig config;
  config.in_channels = 5;
  config.num_attention_heads = 2;
  config.attention_head_dim = 16;
  config.patch_size_t = frames;
  config.patch_size = edge;
  return config;
}

}  // namespace

TEST_CASE("Cutting into patches is undone", "[embeddings]") {
  auto [frames, edge] = GENERATE(table<int64_t, int64_t>({{1, 1}, {1, 2}, {2, 2}, {2, 1}}));
  Patch patch(patched(frames, edge));
  auto latents = at::arange(5 * 4 * 6 * 8, at::kFloat).view({1, 5, 4, 6, 8});
  auto tokens = patches(latents, patch);
  CHECK(tokens.size(2) == 5 * patch.volume());
  CHECK(at::equal(unpatched(tokens, token_grid(latents.sizes(), patch), patch), latents));
}

TEST_CASE("The embedding is the reference's strided convolution", "[embeddings]") {
  at::manual_seed(1);
  auto [frames, edge] = GENERATE(table<int64_t, int64_t>({{1, 1}, {1, 2}, {2, 3}}));
  auto config = patched(frames, edge);
  auto latents = at::randn({1, 5, 4, 6, 6});
  auto weight = at::randn({32, 5, frames, edge, edge}), bias = at::randn({32});
  test::MapSource source({{"weight", weight}, {"bias", bias}});
  auto want = at::conv3d(latents, weight, bias, {frames, edge, edge}).flatten(2).transpose(1, 2);
  auto got = PatchEmbedding(nn::ParamScope(source), config)(patches(latents, Patch(config)));
  CHECK(test::scaled_difference(got, want) < 1e-5);
}

TEST_CASE("Channels that are zero everywhere need not be given", "[embeddings]") {
  TransformerCase stored("t2v");
  PatchEmbedding embed(stored.scope() / "x_embedder.proj", stored.config);
  Patch patch(stored.config);
  auto latents = stored.at("latents_initial");
  auto got = embed(patches(latents, patch));
  CHECK(test::scaled_difference(got, stored.at("step0_video_tokens")) < 1e-5);
  auto zeros = at::zeros({1, stored.config.in_channels - latents.size(1), latents.size(2),
                          latents.size(3), latents.size(4)});
  auto in_full = embed(patches(at::cat({latents, zeros}, 1), patch));
  CHECK(test::scaled_difference(got, in_full) < 1e-6);
}

TEST_CASE("The picture's latents and mask reach the tokens", "[embeddings]") {
  TransformerCase stored("i2v");
  PatchEmbedding embed(stored.scope() / "x_embedder.proj", stored.config);
  auto input = at::cat({stored.at("latents_initial"), stored.constant_channels()}, 1);
  auto got = embed(patches(input, Patch(stored.config)));
  CHECK(test::scaled_difference(got, stored.at("step0_video_tokens")) < 1e-5);
}

}  // namespace kinema::hunyuan15
