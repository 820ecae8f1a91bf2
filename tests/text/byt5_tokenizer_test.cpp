// Bytes and the tokens between them, as transformers' ByT5Tokenizer has them.
#include "text/byt5_tokenizer.h"

#include <catch2/catch.hpp>

#include "base/atomic_file.h"
#include "support/temp_folder.h"

using kinema::test::TempFolder;
using kinema::text::Byt5Tokenizer;
using Ids = std::vector<int64_t>;

namespace {

constexpr size_t kLimit = 256;
constexpr auto kFolder = KINEMA_TEST_DATA "/hunyuan15/t2v/model/tokenizer_2";

}  // namespace

TEST_CASE("bytes are ids and the end token follows") {
  const auto tokenizer = Byt5Tokenizer::open(kFolder);
  CHECK(tokenizer.encode("A é", kLimit) == Ids{68, 35, 198, 172, 1});
  CHECK(tokenizer.encode("", kLimit) == Ids{1});
  CHECK(tokenizer.encode(std::string("\0", 1), kLimit) == Ids{3, 1});
}

TEST_CASE("tokens are found as a whole") {
  const auto tokenizer = Byt5Tokenizer::open(kFolder);
  CHECK(tokenizer.encode("<extra_id_1>a<extra_id_12>", kLimit) == Ids{260, 100, 271, 1});
  CHECK(tokenizer.encode("<color-1> x", kLimit) == Ids{385, 35, 123, 1});
  // <pad>, </s> and <unk> take the blanks around them; a text that ends in </s> gets no second one.
  CHECK(tokenizer.encode("a \u3000<pad> \n b", kLimit) == Ids{100, 0, 101, 1});
  CHECK(tokenizer.encode("a </s> ", kLimit) == Ids{100, 1});
}

TEST_CASE("what is too long is cut on the right") {
  const auto tokenizer = Byt5Tokenizer::open(kFolder);
  const auto ids = tokenizer.encode(std::string(300, 'a'), kLimit);
  CHECK(ids.size() == kLimit);
  CHECK(ids.back() == 1);
  CHECK(tokenizer.encode(std::string(255, 'a'), kLimit).size() == kLimit);
}

TEST_CASE("without files there are the 125 sentinels") {
  TempFolder folder;
  const auto tokenizer = Byt5Tokenizer::open(folder.path());
  CHECK(tokenizer.encode("<extra_id_0><extra_id_124></s>x", kLimit) == Ids{259, 383, 1, 123, 1});
}

TEST_CASE("bad files are refused") {
  TempFolder folder;
  kinema::write_file(folder / "tokenizer_config.json", R"({"truncation_side": "left"})");
  CHECK_THROWS_WITH(Byt5Tokenizer::open(folder.path()), Catch::Contains("truncation_side"));
  kinema::write_file(folder / "tokenizer_config.json", R"({"added_tokens_decoder": {"x": {}}})");
  CHECK_THROWS_WITH(Byt5Tokenizer::open(folder.path()), Catch::Contains("tokenizer_config.json"));
  kinema::write_file(folder / "tokenizer_config.json", "{}");
  kinema::write_file(folder / "added_tokens.json", R"({"<x>": "1"})");
  CHECK_THROWS_WITH(Byt5Tokenizer::open(folder.path()), Catch::Contains("added_tokens.json"));
  CHECK_THROWS_WITH(Byt5Tokenizer::open(kFolder).encode("\xFF", kLimit),
                    Catch::Contains("not valid UTF-8"));
}
