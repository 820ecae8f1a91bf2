// Composition as Unicode 9 has it, and the settings of tokenizer files.
#include "text/normalizer.h"

#include <catch2/catch.hpp>

using kinema::Json;
using kinema::text::nfc;
using kinema::text::Normalizer;

TEST_CASE("text is composed") {
  CHECK(nfc("cafe\u0301") == "caf\u00e9");
  CHECK(nfc("\u212b") == "\u00c5");
  CHECK(nfc("a\u0301\u0327") == "\u00e1\u0327");  // the mark below moves to the front
  CHECK(nfc("\u1100\u1161\u11a8") == "\uac01");
  CHECK(nfc("\ufb01 \u00bd") == "\ufb01 \u00bd");  // compatibility forms stay
  CHECK(nfc(std::string("a\0\u0301", 4)) == std::string("a\0\u0301", 4));
}

TEST_CASE("what is newer than the reference's tables is passed through") {
  CHECK(nfc("a\u0315\u1ace\u0300") == "a\u0315\u1ace\u0300");    // a mark of Unicode 14
  CHECK(nfc("\U00011935\U00011930") == "\U00011935\U00011930");  // composes since Unicode 13
  CHECK(nfc("\uac00\u11a7") == "\uac00\u11a7");  // which utf8proc 2.8 takes for a consonant
}

TEST_CASE("normalizers of files are applied in order") {
  const auto settings = Json::parse(
      R"({"type": "Sequence", "normalizers": [
            {"type": "NFC"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})");
  CHECK(Normalizer(settings, "f")("e\u0301 b") == "\u00e9▁b");
  CHECK(Normalizer(Json(), "f")("e\u0301 b") == "e\u0301 b");
}

TEST_CASE("normalizers that are not supported are named") {
  for (const auto* settings :
       {R"({"type": "NFKC"})", R"({"type": "Lowercase"})", R"("NFC")", R"({})",
        R"({"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"String": ""}, "content": "x"})",
        R"({"type": "NFC", "strength": 2})"}) {
    CAPTURE(settings);
    CHECK_THROWS_WITH(Normalizer(Json::parse(settings), "tokenizer.json"),
                      Catch::Contains("tokenizer.json") && Catch::Contains("normalizer"));
  }
}
