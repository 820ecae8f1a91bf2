// Which bytes are text.
#include "base/utf8.h"

#include <catch2/catch.hpp>

using kinema::check_utf8;
using kinema::Error;
using kinema::ErrorKind;

TEST_CASE("valid UTF-8 of every length passes") {
  const std::string text =
      std::string("plain ascii, long enough for words of eight bytes é 狐 🦊") + '\0' +
      "\xF4\x8F\xBF\xBF" + "\xEF\xBF\xBF" + "\x7F";
  CHECK_NOTHROW(check_utf8(text, "it", ErrorKind::kConfig));
}

TEST_CASE("bytes that are not UTF-8 are named with their place") {
  const std::string before = "sixteen letters!";
  for (const std::string bad : {"\xFF", "\x80", "\xC3", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80",
                                "\xF4\x90\x80\x80", "\xF0\x80\x80\x80"}) {
    CAPTURE(bad.size(), static_cast<int>(static_cast<unsigned char>(bad[0])));
    REQUIRE_THROWS_WITH(
        check_utf8(before + bad + " and more", "the prompt", ErrorKind::kConfig),
        Catch::Contains("the prompt is not valid UTF-8") && Catch::Contains("offset 16"));
  }
}
