// Hidden states against the reference's, which saw the padding too.
#include "text/gemma3_text_model.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/json.h"
#include "support/tensors.h"
#include "text/causal_attention.h"
#include "text/ltx2_tokens.h"
#include "weights/weight_store.h"

namespace {

using kinema::config::ConfigReader;
using kinema::config::Strictness;
using kinema::test::scaled_difference;
using kinema::text::Gemma3TextModel;
using kinema::weights::WeightStore;

const std::string kData = KINEMA_TEST_DATA "/ltx2/";
const std::string kPart = kData + "parts/gemma3/model";

Gemma3TextModel model(at::ScalarType dtype = at::kFloat, const std::string& folder = kPart) {
  const auto settings = kinema::config::read_gemma3_text(
      ConfigReader::open(folder + "/config.json", Strictness::kStrict));
  WeightStore store(kinema::checkpoint::Component::open(folder), {.dtype = dtype},
                    Gemma3TextModel::names());
  Gemma3TextModel out(kinema::nn::ParamScope(store), settings);
  CHECK(store.unread().empty());
  return out;
}

std::map<std::string, at::Tensor> expected() {
  return kinema::test::stored_tensors("ltx2/parts/gemma3/expected.safetensors");
}

int64_t first(const std::map<std::string, at::Tensor>& stored) {
  return stored.at("mask").size(1) - stored.at("ids").size(0);
}

}  // namespace

TEST_CASE("Gemma 3's hidden states are the reference's, without the padding in front") {
  const auto stored = expected();
  kinema::nn::BlockWeights resident;
  const auto got = model()(stored.at("ids"), first(stored), resident);
  REQUIRE(got.sizes() == stored.at("hidden").sizes());
  for (int64_t state = 0; state < got.size(3); ++state) {
    CAPTURE(state);
    CHECK(scaled_difference(got.select(3, state), stored.at("hidden").select(3, state)) < 1e-5);
  }
}

TEST_CASE("prompts become the reference's tokens and hidden states") {
  kinema::nn::BlockWeights resident;
  for (const std::string name : {"t2v", "i2v"}) {
    const auto stored = kinema::test::stored_tensors("ltx2/" + name + "/expected.safetensors");
    const auto call = kinema::read_json(kData + name + "/case.json", kinema::ErrorKind::kModel);
    const auto encoder = model(at::kFloat, kData + name + "/model/text_encoder");
    const kinema::text::Ltx2Tokenizer tokenizer(kData + name + "/model/tokenizer");
    for (const std::string branch : {"", "negative_"}) {
      CAPTURE(name, branch);
      const auto tokens = tokenizer(call[branch + "prompt"].get<std::string>(),
                                    call["max_sequence_length"].get<int64_t>());
      const auto ids = at::tensor(tokens.ids, at::kLong);
      REQUIRE(at::equal(ids.unsqueeze(0), stored.at(branch + "input_ids")));
      CHECK(scaled_difference(encoder(ids, tokens.first, resident),
                              stored.at(branch + "text_hidden_states")) < 1e-5);
    }
  }
}

TEST_CASE("Gemma 3 runs in bfloat16") {
  const auto stored = expected();
  kinema::nn::BlockWeights resident;
  const auto got = model(at::kBFloat16)(stored.at("ids"), first(stored), resident);
  CHECK(got.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(got, stored.at("hidden")) < 5e-2);
}

TEST_CASE("one token is a text") {
  kinema::nn::BlockWeights resident;
  const auto got = model()(at::tensor({2}, at::kLong), 47, resident);
  CHECK(got.size(1) == 1);
  CHECK(got.isfinite().all().item<bool>());
}

TEST_CASE("each of Gemma's layers is entered and left once") {
  struct Record : kinema::nn::BlockWeights {
    void enter(int64_t index) override { calls.push_back(index); }
    void leave(int64_t index) override { calls.push_back(-1 - index); }
    std::vector<int64_t> calls;
  } record;
  model()(at::tensor({2, 5}, at::kLong), 0, record);
  CHECK(record.calls == std::vector<int64_t>{0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -7});
}

TEST_CASE("a window hides what is further back, and nothing where the text is shorter") {
  const auto q = at::randn({1, 7, 4, 8}), k = at::randn({1, 7, 2, 8}), v = at::randn({1, 7, 2, 8});
  const auto all = kinema::text::causal_attention(q, k, v, 0.3);
  CHECK(scaled_difference(kinema::text::causal_attention(q, k, v, 0.3, 7), all) == 0);
  const auto windowed = kinema::text::causal_attention(q, k, v, 0.3, 3);
  for (int64_t row = 0; row < 7; ++row) {
    CAPTURE(row);
    const auto from = std::max<int64_t>(0, row - 2), count = row + 1 - from;
    const auto alone = kinema::text::causal_attention(
        q.narrow(1, from, count), k.narrow(1, from, count), v.narrow(1, from, count), 0.3);
    CHECK(scaled_difference(windowed.select(1, row), alone.select(1, count - 1)) < 1e-6);
  }
}
