// Each encoder against its output in the stored cases, and what it takes of a checkpoint.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "config/hunyuan15_config.h"
#include "support/tensors.h"
#include "text/hunyuan15_prompt.h"
#include "text/siglip_vision.h"
#include "weights/weight_store.h"

namespace {

using kinema::checkpoint::Component;
using kinema::config::ConfigReader;
using kinema::config::Strictness;
using kinema::nn::ParamScope;
using kinema::test::scaled_difference;
using kinema::weights::WeightStore;
namespace config = kinema::config;
namespace text = kinema::text;

const std::string kCases = KINEMA_TEST_DATA "/hunyuan15/";

std::string folder(const std::string& name, const std::string& part) {
  return kCases + name + "/model/" + part;
}

ConfigReader reader(const std::string& file) {
  return ConfigReader::open(file, Strictness::kStrict);
}

// A model, and the store it was made from.
template <typename Model, typename Config, typename... Names>
Model built(const std::string& path,
            const Config& settings,
            at::ScalarType dtype,
            kinema::weights::NameMap names) {
  WeightStore store(Component::open(path), {.dtype = dtype}, std::move(names));
  Model model(ParamScope(store), settings);
  CHECK(store.unread().empty());
  return model;
}

text::QwenTextModel qwen(const std::string& name, at::ScalarType dtype = at::kFloat) {
  const auto path = folder(name, "text_encoder");
  const auto settings = config::read_qwen_text(reader(path + "/config.json"));
  return built<text::QwenTextModel>(path, settings, dtype, text::QwenTextModel::names(settings));
}

text::T5Encoder t5(const std::string& name, at::ScalarType dtype = at::kFloat) {
  const auto path = folder(name, "text_encoder_2");
  const auto settings = config::read_t5_encoder(reader(path + "/config.json"));
  return built<text::T5Encoder>(path, settings, dtype, text::T5Encoder::names());
}

text::SiglipVision siglip(at::ScalarType dtype = at::kFloat) {
  const auto path = folder("i2v", "image_encoder");
  const auto settings = config::read_siglip_vision(reader(path + "/config.json"));
  return built<text::SiglipVision>(path, settings, dtype, text::SiglipVision::names());
}

text::Hunyuan15Tokens tokens(const std::string& name, const char* key) {
  const auto call = kinema::read_json(kCases + name + "/case.json", kinema::ErrorKind::kModel);
  return text::Hunyuan15Tokenizer(folder(name, "tokenizer"),
                                  folder(name, "tokenizer_2"))(call[key].get<std::string>());
}

// Records the calls around each block.
class Record : public kinema::nn::BlockWeights {
 public:
  void enter(int64_t index) override { calls.push_back(index); }
  void leave(int64_t index) override { calls.push_back(-1 - index); }
  std::vector<int64_t> calls;
};

constexpr double kClose = 1e-5, kCloseInBfloat16 = 5e-2;

}  // namespace

TEST_CASE("prompts become the reference's embeddings") {
  kinema::nn::BlockWeights resident;
  for (const std::string name : {"t2v", "i2v"}) {
    const auto expected =
        kinema::test::stored_tensors("hunyuan15/" + name + "/expected.safetensors");
    const auto text_encoder = qwen(name);
    const auto glyph_encoder = t5(name);
    for (const std::string branch : {"", "negative_"}) {
      CAPTURE(name, branch);
      const auto prompt = tokens(name, branch.empty() ? "prompt" : "negative_prompt");
      const auto& ids = expected.at(branch + "input_ids");
      CHECK(at::equal(at::tensor(prompt.text, at::kLong).unsqueeze(0), ids));
      CHECK(scaled_difference(text::encode_text(prompt, text_encoder, resident),
                              expected.at(branch + "prompt_embeds")) < kClose);
      const auto glyphs = text::encode_glyphs(prompt, glyph_encoder, resident);
      const auto& want = expected.at(branch + "prompt_embeds_2");
      REQUIRE(glyphs.defined() == (want.size(1) > 0));
      if (glyphs.defined()) CHECK(scaled_difference(glyphs, want) < kClose);
    }
  }
}

TEST_CASE("a picture becomes the reference's embeddings") {
  const auto expected = kinema::test::stored_tensors("hunyuan15/i2v/expected.safetensors");
  const auto& pixel_values = expected.at("siglip_pixel_values");
  kinema::nn::BlockWeights resident;
  CHECK(scaled_difference(siglip()(pixel_values, resident), expected.at("image_embeds")) < kClose);
}

TEST_CASE("8-bit pixels become the reference's pixel values") {
  const auto expected = kinema::test::stored_tensors("hunyuan15/i2v/expected.safetensors");
  const auto& want = expected.at("siglip_pixel_values");
  const auto settings = config::read_siglip_processor(
      reader(folder("i2v", "feature_extractor/preprocessor_config.json")));
  // The stored values came from 8 bits, so they say which.
  const auto pixels = ((want * 0.5 + 0.5) * 255).round().to(at::kByte)[0].permute({1, 2, 0});
  const auto got = text::siglip_pixel_values(pixels, settings);
  CHECK(scaled_difference(got, want) < 1e-6);
  CHECK(got.is_contiguous());

  config::SiglipProcessorConfig uneven;
  uneven.height = uneven.width = 1;
  uneven.image_mean = {0.0, 0.5, 0.25};
  uneven.image_std = {1.0, 0.5, 0.25};
  const auto one = at::tensor({255, 0, 51}, at::kByte).view({1, 1, 3});
  CHECK(scaled_difference(text::siglip_pixel_values(one, uneven),
                          at::tensor({1.0, -1.0, -0.2}).view({1, 3, 1, 1})) < 1e-6);
}

TEST_CASE("encoders run in bfloat16") {
  kinema::nn::BlockWeights resident;
  const auto expected = kinema::test::stored_tensors("hunyuan15/t2v/expected.safetensors");
  const auto prompt = tokens("t2v", "prompt");
  const auto text = text::encode_text(prompt, qwen("t2v", at::kBFloat16), resident);
  CHECK(text.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(text, expected.at("prompt_embeds")) < kCloseInBfloat16);
  const auto glyphs = text::encode_glyphs(prompt, t5("t2v", at::kBFloat16), resident);
  CHECK(glyphs.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(glyphs, expected.at("prompt_embeds_2")) < kCloseInBfloat16);
  const auto picture = kinema::test::stored_tensors("hunyuan15/i2v/expected.safetensors");
  const auto image = siglip(at::kBFloat16)(picture.at("siglip_pixel_values"), resident);
  CHECK(image.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(image, picture.at("image_embeds")) < kCloseInBfloat16);
}

TEST_CASE("the last two layers of the language model are not taken") {
  const auto path = folder("t2v", "text_encoder");
  const auto settings = config::read_qwen_text(reader(path + "/config.json"));
  WeightStore store(Component::open(path), {});
  text::QwenTextModel model(ParamScope(store), settings);
  CHECK(model.num_layers() == settings.num_hidden_layers - 2);
  const auto unread = store.unread();
  CHECK(unread.size() == 2 * 12 + 1);
  for (const auto& name : unread) {
    CAPTURE(name);
    CHECK(
        (name == "norm.weight" || name.starts_with("layers.3.") || name.starts_with("layers.4.")));
  }
}

TEST_CASE("blocks are entered and left in turn") {
  Record record;
  const auto prompt = tokens("t2v", "prompt");
  text::encode_text(prompt, qwen("t2v"), record);
  CHECK(record.calls == std::vector<int64_t>{0, -1, 1, -2, 2, -3});
  record.calls.clear();
  text::encode_glyphs(prompt, t5("t2v"), record);
  CHECK(record.calls == std::vector<int64_t>{0, -1, 1, -2});
}

TEST_CASE("an id beyond the table says so") {
  kinema::nn::BlockWeights resident;
  const auto encoder = qwen("t2v");
  CHECK_THROWS_WITH(encoder(at::tensor({1, 100000}, at::kLong), resident),
                    Catch::Contains("100000") && Catch::Contains("embed_tokens.weight"));
}

TEST_CASE("a model of two layers has no hidden state before the last two") {
  config::QwenTextConfig settings;
  settings.num_hidden_layers = 2;
  WeightStore store(Component::open(folder("t2v", "text_encoder")), {});
  CHECK_THROWS_WITH(text::QwenTextModel(ParamScope(store), settings),
                    Catch::Contains("num_hidden_layers is 2"));
}

TEST_CASE("distances fall into T5's buckets") {
  const auto buckets = text::t5_position_buckets(200, 32, 128);
  // From the first token to those behind it: the upper half.
  auto bucket = [&](int64_t distance) { return buckets[0][distance].item<int64_t>(); };
  CHECK(bucket(0) == 0);
  for (const auto& [distance, want] : std::map<int64_t, int64_t>{{1, 17},
                                                                 {7, 23},
                                                                 {8, 24},
                                                                 {11, 24},
                                                                 {12, 25},
                                                                 {15, 25},
                                                                 {16, 26},
                                                                 {22, 26},
                                                                 {23, 27},
                                                                 {31, 27},
                                                                 {32, 28},
                                                                 {45, 28},
                                                                 {46, 29},
                                                                 {63, 29},
                                                                 {64, 30},
                                                                 {90, 30},
                                                                 {91, 31},
                                                                 {199, 31}}) {
    CAPTURE(distance);
    CHECK(bucket(distance) == want);
    CHECK(buckets[distance][0].item<int64_t>() == want - 16);
  }
}
