// Both layouts of the connectors against the reference's.
#include "models/ltx2/connectors.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "support/tensors.h"
#include "weights/weight_store.h"

namespace {

using kinema::config::ConfigReader;
using kinema::config::Ltx2ConnectorsConfig;
using kinema::config::Ltx2RopeType;
using kinema::ltx2::TextConnectors;
using kinema::test::scaled_difference;
using kinema::weights::WeightStore;

std::string folder(const std::string& name) { return KINEMA_TEST_DATA "/ltx2/parts/" + name; }

Ltx2ConnectorsConfig settings(const std::string& name, Ltx2RopeType rope) {
  auto config = kinema::config::read_ltx2_connectors(
      ConfigReader::open(folder(name) + "/model/config.json", kinema::config::Strictness::kStrict));
  config.rope_type = rope;
  return config;
}

TextConnectors connectors(const std::string& name,
                          Ltx2RopeType rope,
                          at::ScalarType dtype = at::kFloat) {
  WeightStore store(kinema::checkpoint::Component::open(folder(name) + "/model"), {.dtype = dtype});
  TextConnectors out(kinema::nn::ParamScope(store), settings(name, rope));
  CHECK(store.unread().empty());
  return out;
}

std::map<std::string, at::Tensor> expected(const std::string& name) {
  return kinema::test::stored_tensors("ltx2/parts/" + name + "/expected.safetensors");
}

constexpr int64_t kLength = 64;

}  // namespace

TEST_CASE("connectors give the reference's embeddings") {
  for (const std::string name : {"connectors_2_0", "connectors_2_3"}) {
    const auto stored = expected(name);
    for (const auto& [word, rope] : {std::pair{"interleaved", Ltx2RopeType::kInterleaved},
                                     std::pair{"split", Ltx2RopeType::kSplit}}) {
      CAPTURE(name, word);
      const auto got = connectors(name, rope)(stored.at("hidden"), kLength);
      CHECK(scaled_difference(got.video, stored.at(std::string(word) + ".video")) < 1e-5);
      CHECK(scaled_difference(got.audio, stored.at(std::string(word) + ".audio")) < 1e-5);
    }
  }
}

TEST_CASE("stored cases' hidden states become their embeddings") {
  for (const std::string name : {"t2v", "i2v"}) {
    const auto stored = kinema::test::stored_tensors("ltx2/" + name + "/expected.safetensors");
    const auto path = KINEMA_TEST_DATA "/ltx2/" + name + "/model/connectors";
    WeightStore store(kinema::checkpoint::Component::open(path), {});
    const TextConnectors model(kinema::nn::ParamScope(store),
                               kinema::config::read_ltx2_connectors(ConfigReader::open(
                                   path + "/config.json", kinema::config::Strictness::kStrict)));
    for (const std::string branch : {"", "negative_"}) {
      CAPTURE(name, branch);
      const auto got = model(stored.at(branch + "text_hidden_states"), 128);
      CHECK(scaled_difference(got.video, stored.at(branch + "prompt_embeds")) < 1e-5);
      CHECK(scaled_difference(got.audio, stored.at(branch + "prompt_embeds_2")) < 1e-5);
    }
  }
}

TEST_CASE("connectors run in bfloat16") {
  for (const std::string name : {"connectors_2_0", "connectors_2_3"}) {
    CAPTURE(name);
    const auto stored = expected(name);
    const auto got = connectors(name, Ltx2RopeType::kSplit, at::kBFloat16)(
        stored.at("hidden").to(at::kBFloat16), kLength);
    CHECK(got.video.scalar_type() == at::kBFloat16);
    CHECK(scaled_difference(got.video, stored.at("split.video")) < 5e-2);
    CHECK(scaled_difference(got.audio, stored.at("split.audio")) < 5e-2);
  }
}

TEST_CASE("one token and a full row are filled up alike") {
  const auto model = connectors("connectors_2_3", Ltx2RopeType::kSplit);
  const auto hidden = at::randn({1, kLength, 32, 5});
  for (int64_t tokens : {int64_t{1}, kLength}) {
    const auto got = model(hidden.narrow(1, 0, tokens), kLength);
    CHECK(got.video.sizes() == at::IntArrayRef{1, kLength, 40});
    CHECK(got.video.isfinite().all().item<bool>());
  }
}

TEST_CASE("many tokens are normalised as few are") {
  // More than one piece of tokens.
  const auto hidden = at::randn({1, 300, 4, 3}) + 1;
  const auto got = kinema::ltx2::range_normed(hidden);
  for (int64_t layer = 0; layer < 3; ++layer) {
    const auto h = hidden.select(3, layer);
    const auto want = 8 * (h - h.mean()) / (h.max() - h.min());
    CHECK(scaled_difference(got.select(3, layer), want) < 1e-5);
  }
}

TEST_CASE("a length that the registers do not divide is refused by name") {
  const auto model = connectors("connectors_2_0", Ltx2RopeType::kSplit);
  CHECK_THROWS_WITH(model(at::randn({1, 3, 32, 5}), 40),
                    Catch::Contains("max_sequence_length is 40"));
}
