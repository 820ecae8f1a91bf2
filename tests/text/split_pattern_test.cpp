// Cutting at regular expressions.
#include "text/split_pattern.h"

#include <catch2/catch.hpp>

#include "text/split_syntax.h"

using kinema::text::SplitPattern;

namespace {

std::vector<std::string> pieces(const SplitPattern& pattern, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& piece : pattern.pieces(text))
    out.push_back(std::string(1, piece.matched ? '+' : '-').append(piece.text));
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("text is cut where matches begin and end") {
  CHECK(pieces(SplitPattern(R"(\p{L}+)", "f"), "ab, ça!") == Strings{"+ab", "-, ", "+ça", "-!"});
  CHECK(pieces(SplitPattern(R"((?i:'s)|\s+)", "f"), "a'S  b") == Strings{"-a", "+'S", "+  ", "-b"});
  CHECK(pieces(SplitPattern(R"(x*)", "f"), "axxb") == Strings{"+", "-a", "+xx", "-b", "+"});
  CHECK(pieces(SplitPattern(R"(a)", "f"), "").empty());
}

TEST_CASE("classes are those of the reference's Unicode") {
  const SplitPattern letters(R"(\p{L})", "f"), spaces(R"(\s)", "f"), numbers(R"([\p{N}])", "f");
  CHECK(pieces(letters, "\U0001E030") == Strings{"+\U0001E030"});  // a letter since Unicode 15
  CHECK(pieces(spaces, "\u180e") == Strings{"-\u180e"});           // a space until Unicode 6.2
  CHECK(pieces(spaces, "\u0085") == Strings{"+\u0085"});
  CHECK(pieces(numbers, "\U00011F50") == Strings{"+\U00011F50"});
}

TEST_CASE("long runs do not exhaust the matcher") {
  const SplitPattern pattern(R"(\s*[\r\n]+|\s+(?!\S)|\s+|\p{L}+)", "f");
  const std::string blanks(1'000'000, ' ');
  CHECK(pattern.pieces(blanks + "x").size() == 3);
  CHECK(pattern.pieces(std::string(1'000'000, 'x')).size() == 1);
}

TEST_CASE("patterns that mean another thing elsewhere are refused") {
  for (const auto* pattern :
       {R"(\w+)", R"(\d)", R"(\p{Lu})", R"(\P{L})", R"(a.b)", R"(^a)", R"(a$)", R"([[:alpha:]])",
        R"([a&&b])", R"([\S])", R"((?x:a b))", R"((?<name>a))", R"(a{2}+)", R"([ab)", R"(\)"}) {
    CAPTURE(pattern);
    CHECK_THROWS_WITH(SplitPattern(pattern, "tokenizer.json: pre_tokenizer"),
                      Catch::StartsWith("tokenizer.json: pre_tokenizer: the regular expression") &&
                          Catch::Contains("not supported"));
  }
  CHECK_THROWS_WITH(SplitPattern("(a", "f"), Catch::Contains("is not a regular expression"));
}
