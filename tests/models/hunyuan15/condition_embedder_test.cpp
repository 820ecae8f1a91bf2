// The condition stream against the reference's, and what is prepared once against what is computed
// each time.
#include "models/hunyuan15/condition_embedder.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/transformer_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {

using test::scaled_difference;

TEST_CASE("Refined text and the whole condition are the reference's", "[conditions]") {
  TransformerCase stored(GENERATE("t2v", "i2v"));
  auto time = stored.modulation().refiner_time(0);
  auto condition = stored.conditions()[0];
  TextRefiner refiner(stored.scope() / "context_embedder", stored.config);
  auto refined = refiner(refiner.prepare(condition.text), time);
  CHECK(scaled_difference(refined, stored.at("step0_refined_text")) < 1e-5);
  ConditionEmbedder embed(stored.scope(), stored.config);
  auto context = embed(embed.prepare(condition), time);
  CHECK(scaled_difference(context, stored.at("step0_context")) < 1e-5);
}

TEST_CASE("What is prepared serves every step, to the bit", "[conditions]") {
  TransformerCase stored("t2v");
  auto table = stored.modulation();
  ConditionEmbedder embed(stored.scope(), stored.config);
  auto condition = stored.conditions()[0];
  auto prepared = embed.prepare(condition);
  std::vector<at::Tensor> streams;
  for (int64_t step = 0; step < table.steps(); ++step) {
    streams.push_back(embed(prepared, table.refiner_time(step)));
    CHECK(at::equal(streams.back(), embed(embed.prepare(condition), table.refiner_time(step))));
  }
  CHECK_FALSE(at::equal(streams[0], streams[1]));
}

TEST_CASE("Absent and empty glyphs are the same", "[conditions]") {
  TransformerCase stored("t2v");
  auto time = stored.modulation().refiner_time(0);
  ConditionEmbedder embed(stored.scope(), stored.config);
  auto empty = stored.conditions()[1];
  REQUIRE(empty.glyph.size(1) == 0);
  Condition absent{empty.text, {}, {}};
  CHECK(at::equal(embed(embed.prepare(empty), time), embed(embed.prepare(absent), time)));
}

TEST_CASE("Image tokens come first, then glyphs, then text", "[conditions]") {
  TransformerCase stored("i2v");
  auto time = stored.modulation().refiner_time(0);
  ConditionEmbedder embed(stored.scope(), stored.config);
  auto condition = stored.conditions()[0];
  condition.glyph = at::randn({1, 3, stored.config.text_embed_2_dim});
  auto all = embed(embed.prepare(condition), time);
  const int64_t images = condition.image.size(1), texts = condition.text.size(1);
  REQUIRE(all.size(1) == images + 3 + texts);
  auto reference = stored.at("step0_context");
  CHECK(scaled_difference(all.narrow(1, 0, images), reference.narrow(1, 0, images)) < 1e-5);
  CHECK(scaled_difference(all.narrow(1, images + 3, texts), reference.narrow(1, images, texts)) <
        1e-5);
}

}  // namespace kinema::hunyuan15
