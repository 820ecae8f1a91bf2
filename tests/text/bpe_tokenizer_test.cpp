// Ids against the reference's, files of every supported form, and files that are refused.
#include "text/bpe_tokenizer.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/atomic_file.h"
#include "support/temp_folder.h"

using kinema::Json;
using kinema::read_text;
using kinema::test::TempFolder;
using kinema::text::BpeTokenizer;
using Ids = std::vector<int64_t>;

namespace {

const std::string kData = KINEMA_TEST_DATA "/";
const std::string kSmallQwen = kData + "hunyuan15/t2v/model/tokenizer";

Json stored(const std::string& file) {
  return kinema::read_json(kData + file, kinema::ErrorKind::kModel);
}

void check_cases(const BpeTokenizer& tokenizer, const Json& cases) {
  REQUIRE(cases.size() > 100);
  for (const auto& entry : cases) {
    CAPTURE(entry[0].dump(-1, ' ', true));
    CHECK(tokenizer.encode(entry[0].get<std::string>()) == entry[1].get<Ids>());
  }
}

// A tokenizer.json in a folder of its own.
class Altered {
 public:
  explicit Altered(const std::string& text) {
    kinema::write_file(folder_ / "tokenizer.json", text);
  }
  std::string message() const {
    try {
      BpeTokenizer::open(folder_.path());
    } catch (const kinema::Error& error) {
      CHECK(error.kind() == kinema::ErrorKind::kModel);
      return error.what();
    }
    return "opened";
  }

 private:
  TempFolder folder_;
};

std::string with(const std::string& pointer, const std::string& value) {
  auto file = stored("text/byte_level/tokenizer.json");
  file[Json::json_pointer(pointer)] = Json::parse(value);
  return file.dump();
}

}  // namespace

TEST_CASE("ids of hard strings are the reference's") {
  for (const std::string name : {"byte_level", "byte_fallback", "splits"}) {
    INFO(name);
    check_cases(BpeTokenizer::open(kData + "text/" + name), stored("text/" + name + ".json"));
  }
  check_cases(BpeTokenizer::open(kSmallQwen), stored("text/small_qwen.json"));
}

TEST_CASE("the file's special tokens go around a text") {
  const auto tokenizer = BpeTokenizer::open(kData + "text/byte_fallback");
  auto ids = tokenizer.encode("the cat");
  ids.insert(ids.begin(), *tokenizer.find("<s>"));
  ids.push_back(*tokenizer.find("</s>"));
  CHECK(tokenizer.encode_with_template("the cat") == ids);
  CHECK(!tokenizer.find("no such token"));
}

TEST_CASE("vocab.json and merges.txt make the same tokenizer") {
  const auto file = stored("hunyuan15/t2v/model/tokenizer/tokenizer.json");
  std::string merges = "#version: 0.2\r\n";
  for (const auto& merge : file["model"]["merges"])
    merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
  auto config = stored("hunyuan15/t2v/model/tokenizer/tokenizer_config.json");
  for (const auto& token : file["added_tokens"])
    config["added_tokens_decoder"][std::to_string(token["id"].get<int>())] = token;
  TempFolder folder;
  kinema::write_file(folder / "vocab.json", file["model"]["vocab"].dump());
  kinema::write_file(folder / "merges.txt", merges);
  kinema::write_file(folder / "tokenizer_config.json", config.dump());
  check_cases(BpeTokenizer::open(folder.path()), stored("text/small_qwen.json"));

  kinema::write_file(folder / "merges.txt", merges + "one two three\n");
  CHECK_THROWS_WITH(BpeTokenizer::open(folder.path()),
                    Catch::Contains("merges.txt") && Catch::Contains("\"one two three\""));
}

TEST_CASE("Qwen's own file gives the reference's ids") {
  const char* folder = std::getenv("KINEMA_TOKENIZERS");
  if (folder == nullptr) {
    WARN("skipped: KINEMA_TOKENIZERS names no folder with qwen3/tokenizer.json");
    return;
  }
  const auto tokenizer = BpeTokenizer::open(std::string(folder) + "/qwen3");
  CHECK(tokenizer.encode("A cat walks on the grass, realistic") ==
        Ids{32, 8251, 22479, 389, 279, 16359, 11, 25489});
  CHECK(tokenizer.find("<|im_start|>") == 151644);
}

TEST_CASE("what is not UTF-8 is one clear error") {
  const auto tokenizer = BpeTokenizer::open(kSmallQwen);
  CHECK_THROWS_WITH(tokenizer.encode("ab\xC3"), Catch::Contains("0xC3") && Catch::Contains("2"));
}

TEST_CASE("long words are no trouble") {
  const auto tokenizer = BpeTokenizer::open(kSmallQwen);
  CHECK(tokenizer.encode(std::string(300'000, 'q')).size() > 1000);
  CHECK(tokenizer.encode(std::string(300'000, ' ')).size() > 1000);
}

TEST_CASE("settings that are not supported are named") {
  const std::pair<std::string, std::string> settings[] = {
      {"/model/type", R"("Unigram")"},
      {"/model/dropout", "0.1"},
      {"/model/continuing_subword_prefix", R"("##")"},
      {"/model/end_of_word_suffix", R"("</w>")"},
      {"/model/surprise", "1"},
      {"/surprise", "null"},
      {"/version", R"("2.0")"},
      {"/truncation", R"({"direction": "Up"})"},
      {"/padding", R"({"direction": 5})"},
      {"/normalizer", R"({"type": "Lowercase"})"},
      {"/pre_tokenizer", R"({"type": "Metaspace"})"},
      {"/pre_tokenizer", R"({"type": 5})"},
      {"/pre_tokenizer", "5"},
      {"/pre_tokenizer/surprise", "1"},
      {"/post_processor", R"({"type": "BertProcessing"})"},
      {"/post_processor", R"({"type": 5})"},
      {"/post_processor", R"({"type": "TemplateProcessing", "single": 1})"},
      {"/added_tokens/0/surprise", "true"},
  };
  for (const auto& [pointer, value] : settings) {
    CAPTURE(pointer, value);
    const auto key = pointer.substr(pointer.rfind('/') + 1);
    CHECK_THAT(Altered(with(pointer, value)).message(),
               Catch::Contains("tokenizer.json") && Catch::Contains(key));
  }
}

TEST_CASE("files that contradict themselves are refused") {
  CHECK_THAT(Altered(with("/added_tokens/0/id", "7")).message(),
             Catch::Contains("\"<s>\" has the id 7"));
  CHECK_THAT(Altered(with("/model/merges", R"([["a", "☃"]])")).message(),
             Catch::Contains("\"☃\", which is not in the vocabulary"));
  CHECK_THAT(Altered(with("/model/merges", R"(["a b c"])")).message(), Catch::Contains("a b c"));
  CHECK_THAT(Altered(with("/model/vocab", "[]")).message(), Catch::Contains("model.vocab"));
  CHECK_THAT(Altered("{}").message(), Catch::Contains("model.vocab is missing"));
}

TEST_CASE("damaged files are refused with the place") {
  const auto whole = read_text(kData + "text/byte_level/tokenizer.json");
  CHECK(Altered(whole).message() == "opened");
  for (size_t length :
       {size_t{0}, size_t{1}, whole.size() / 4, whole.size() / 2, whole.size() - 3}) {
    CAPTURE(length);
    CHECK_THAT(Altered(whole.substr(0, length)).message(),
               Catch::Matches("(.|\n)*tokenizer\\.json.*:[0-9]+:[0-9]+.*"));
  }
  CHECK_THAT(Altered(whole + "x").message(), Catch::Contains("behind the end"));
  CHECK_THAT(Altered(whole + "\xFF").message(), Catch::Contains("not valid UTF-8"));
  for (const std::string vocab :
       {R"({"a": -1})", R"({"a": 1.5})", R"({"a": "1"})", R"({"a": 1, "a": 2})", R"({"a": 1,})",
        R"({"\x": 1})", R"({"\ud800": 1})", R"({"\u12g4": 1})", R"({"a": 99999999999})"}) {
    CAPTURE(vocab);
    const auto message =
        Altered(R"({"model": {"type": "BPE", "vocab": )" + vocab + R"(, "merges": []}})").message();
    CHECK_THAT(message, Catch::Contains("tokenizer.json"));
  }
}

TEST_CASE("merges may stand before the vocabulary, and strings may be escaped") {
  TempFolder folder;
  kinema::write_file(folder / "tokenizer.json",
                     R"({"model": {"merges": ["\u0061 \ud83e\udd8a"], "type": "BPE",
                         "vocab": {"a": 0, "🦊": 1, "\u0061\ud83e\udd8a": 2}}})");
  CHECK(BpeTokenizer::open(folder.path()).encode("a🦊a") == Ids{2, 0});
}

TEST_CASE("a folder without a tokenizer is refused") {
  TempFolder folder;
  CHECK_THROWS_WITH(BpeTokenizer::open(folder.path()), Catch::Contains("neither tokenizer.json"));
}
