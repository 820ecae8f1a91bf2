// What the pipelines do to a prompt before and after the tokenizer.
#include "text/ltx2_tokens.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "base/atomic_file.h"
#include "support/temp_folder.h"

namespace {

using kinema::Json;
using kinema::text::Ltx2Tokenizer;
using kinema::text::stripped;
using Ids = std::vector<int64_t>;
namespace fs = std::filesystem;

// The small tokenizer with byte fallback, whose own file puts <s> and </s> around every text.
class Folder {
 public:
  explicit Folder(const Json& config = Json()) {
    fs::copy(KINEMA_TEST_DATA "/text/byte_fallback/tokenizer.json", folder_ / "tokenizer.json");
    if (!config.is_null()) kinema::write_file(folder_ / "tokenizer_config.json", config.dump());
  }
  Ltx2Tokenizer open() const { return Ltx2Tokenizer(folder_.path()); }

 private:
  kinema::test::TempFolder folder_;
};

const Json kBegins = {{"add_bos_token", true},
                      {"add_eos_token", false},
                      {"bos_token", {{"content", "<s>"}}},
                      {"padding_side", "right"}};

}  // namespace

TEST_CASE("prompts lose the white space that Python knows") {
  CHECK(stripped(" \t\r\n\x1c the cat \x1f\x0b\n") == "the cat");
  CHECK(stripped("\u00a0\u2003\u3000x\u2028\u0085") == "x");
  CHECK(stripped("\u200bx\ufeff") == "\u200bx\ufeff");
  CHECK(stripped("🦊 \u3000") == "🦊");
  CHECK(stripped(" \u3000 ").empty());
  CHECK(stripped("").empty());
}

TEST_CASE("a prompt stands at the end of its row, after the token that begins a text") {
  const auto tokenizer = Folder(kBegins).open();
  const auto bos = tokenizer("", 32);
  REQUIRE(bos.ids.size() == 1);
  CHECK(bos.first == 31);
  const auto cat = tokenizer("  the cat\n", 32);
  CHECK(cat.ids.size() > 1);
  CHECK(cat.ids[0] == bos.ids[0]);
  CHECK(cat.first == 32 - static_cast<int64_t>(cat.ids.size()));
  CHECK(cat.ids == tokenizer("the cat", 32).ids);
}

TEST_CASE("a prompt that is too long loses its end and keeps its beginning") {
  const auto tokenizer = Folder(kBegins).open();
  const auto whole = tokenizer("the cat 🦊 and the cat", 64).ids;
  for (int64_t limit : {1, 4, 7}) {
    CAPTURE(limit);
    const auto cut = tokenizer("the cat 🦊 and the cat", limit);
    CHECK(cut.first == 0);
    CHECK(cut.ids == Ids(whole.begin(), whole.begin() + limit));
  }
}

TEST_CASE("without a word of the configuration the file's own tokens stand around a prompt") {
  const auto tokenizer = Folder().open();
  const auto whole = tokenizer("the cat and the cat", 64).ids;
  const auto cut = tokenizer("the cat and the cat", 5).ids;
  CHECK(cut.size() == 5);
  CHECK(cut.front() == whole.front());
  CHECK(cut.back() == whole.back());
}

TEST_CASE("configurations that leave a prompt without a token are refused") {
  auto config = kBegins;
  config["add_bos_token"] = false;
  const auto none = Folder(config);
  CHECK_THROWS_WITH(none.open()("", 32), Catch::Contains("add_bos_token"));
  config = kBegins;
  config["bos_token"] = nullptr;
  const auto unknown = Folder(config);
  CHECK_THROWS_WITH(unknown.open(), Catch::Contains("bos_token null"));
  config = kBegins;
  config["truncation_side"] = "left";
  const auto left = Folder(config);
  CHECK_THROWS_WITH(left.open(), Catch::Contains("truncation_side"));
}

TEST_CASE("what is not UTF-8 is no prompt") {
  const auto tokenizer = Folder(kBegins).open();
  CHECK_THROWS_WITH(tokenizer("a\xff", 32), Catch::Contains("not valid UTF-8"));
}
