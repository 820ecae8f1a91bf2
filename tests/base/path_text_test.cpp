// Texts of paths.
#include "base/path_text.h"

#include <catch2/catch.hpp>

TEST_CASE("endings in small letters") {
  CHECK(kinema::lowered_extension("a/B.MP4") == ".mp4");
  CHECK(kinema::lowered_extension("a.b/C").empty());
}

TEST_CASE("words for a shell") {
  CHECK(kinema::shell_word("/data/a-b_1.mp4") == "/data/a-b_1.mp4");
  CHECK(kinema::shell_word("two words") == "'two words'");
  CHECK(kinema::shell_word("it's") == "'it'\\''s'");
  CHECK(kinema::shell_word("$HOME") == "'$HOME'");
  CHECK(kinema::shell_word("~/x") == "'~/x'");
  CHECK(kinema::shell_word("") == "''");
}
