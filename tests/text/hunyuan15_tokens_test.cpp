// Prompts in their template, against diffusers' pipeline.
#include "text/hunyuan15_tokens.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/atomic_file.h"
#include "support/temp_folder.h"
#include "text/glyph_text.h"

namespace fs = std::filesystem;
using kinema::Json;
using kinema::text::glyph_text;
using kinema::text::Hunyuan15Tokenizer;
using kinema::text::kHunyuan15Crop;
using Ids = std::vector<int64_t>;

namespace {

const std::string kData = KINEMA_TEST_DATA "/hunyuan15/";
const std::string kModel = kData + "t2v/model/";

void check_cases(const Hunyuan15Tokenizer& tokenizer, const std::string& file) {
  const auto stored = kinema::read_json(kData + file, kinema::ErrorKind::kModel);
  const auto prefix = stored["prefix_ids"].get<Ids>();
  REQUIRE(prefix.size() == kHunyuan15Crop);
  REQUIRE(stored["cases"].size() > 10);
  for (const auto& entry : stored["cases"]) {
    const auto prompt = entry["prompt"].get<std::string>();
    CAPTURE(entry["prompt"].dump(-1, ' ', true));
    const auto tokens = tokenizer(prompt);
    REQUIRE(tokens.text.size() > kHunyuan15Crop);
    CHECK(Ids(tokens.text.begin() + kHunyuan15Crop, tokens.text.end()) ==
          entry["input_ids"].get<Ids>());
    // The last one may have merged with the prompt.
    CHECK(std::equal(prefix.begin(), prefix.end() - 1, tokens.text.begin()));
    const auto& glyph = entry["input_ids_2"];
    CHECK(tokens.glyph == (glyph.is_null() ? Ids() : glyph.get<Ids>()));
    const auto text = glyph_text(prompt);
    CHECK((text ? Json(*text) : Json()) == entry["glyph_text"]);
  }
}

}  // namespace

TEST_CASE("prompts become the reference's ids") {
  check_cases(Hunyuan15Tokenizer(kModel + "tokenizer", kModel + "tokenizer_2"), "token_cases.json");
}

TEST_CASE("prompts become the reference's ids with Qwen's own tokenizer") {
  const char* folder = std::getenv("KINEMA_TOKENIZERS");
  if (folder == nullptr) {
    WARN("skipped: KINEMA_TOKENIZERS names no folder with qwen3/tokenizer.json");
    return;
  }
  check_cases(Hunyuan15Tokenizer(std::string(folder) + "/qwen3", kModel + "tokenizer_2"),
              "token_cases_qwen.json");
}

TEST_CASE("a long prompt is cut at 1108 tokens") {
  const Hunyuan15Tokenizer tokenizer(kModel + "tokenizer", kModel + "tokenizer_2");
  std::string prompt = "\"";
  for (int i = 0; i < 2000; ++i) prompt += "x ";
  const auto tokens = tokenizer(prompt + "\"");
  CHECK(tokens.text.size() == 1108);
  CHECK(tokens.glyph.size() == 256);
}

TEST_CASE("quoted words are found as the reference finds them") {
  CHECK(glyph_text("A \"B\" “C” \"B\"") == "Text \"B\". Text \"C\". ");
  CHECK(glyph_text("nothing 'here'") == std::nullopt);
  CHECK(glyph_text("\"\"") == "Text \"\". ");
  CHECK(glyph_text("\"a\nb\" c\"") == "Text \" c\". ");
  CHECK(glyph_text("“a \"b” c\"") == "Text \"a \"b\". ");
  CHECK(glyph_text("“open \"x\"") == "Text \"x\". ");
  CHECK(glyph_text("\"one") == std::nullopt);
}

TEST_CASE("tokenizers of another family are refused") {
  kinema::test::TempFolder folder;
  fs::copy(kModel + "tokenizer", folder.path(), fs::copy_options::recursive);
  const auto message = [&] {
    try {
      Hunyuan15Tokenizer(folder.path(), kModel + "tokenizer_2");
    } catch (const kinema::Error& error) {
      return std::string(error.what());
    }
    return std::string("opened");
  };
  CHECK(message() == "opened");
  fs::permissions(folder / "chat_template.jinja", fs::perms::owner_all);
  kinema::write_file(folder / "chat_template.jinja", "<start_of_turn>{{ message }}");
  CHECK_THAT(message(), Catch::Contains("chat_template.jinja"));
  fs::remove(folder / "chat_template.jinja");
  kinema::write_file(folder / "tokenizer_config.json", R"({"padding_side": "left"})");
  CHECK_THAT(message(), Catch::Contains("padding_side"));
  kinema::write_file(folder / "tokenizer_config.json", R"({"split_special_tokens": true})");
  CHECK_THAT(message(), Catch::Contains("split_special_tokens"));
  kinema::write_file(folder / "tokenizer_config.json", R"({"add_prefix_space": true})");
  CHECK_THAT(message(), Catch::Contains("add_prefix_space"));
}
