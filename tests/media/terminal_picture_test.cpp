// The escape sequences are what the protocols' descriptions show.
#include "media/terminal_picture.h"

#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

using namespace kinema::media;

namespace {

std::vector<uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("base64 as in RFC 4648") {
  CHECK(base64(bytes("")) == "");
  CHECK(base64(bytes("f")) == "Zg==");
  CHECK(base64(bytes("fo")) == "Zm8=");
  CHECK(base64(bytes("foo")) == "Zm9v");
  CHECK(base64(bytes("foob")) == "Zm9vYg==");
  CHECK(base64(bytes("fooba")) == "Zm9vYmE=");
  CHECK(base64(bytes("foobar")) == "Zm9vYmFy");
  CHECK(base64(std::vector<uint8_t>{0xff, 0xfe, 0x00}) == "//4A");
}

TEST_CASE("one part and several for kitty, one for iTerm2") {
  CHECK(terminal_picture(bytes("foo"), TerminalProtocol::kKitty) ==
        "\033_Ga=T,f=100,q=2,m=0;Zm9v\033\\\n");
  CHECK(terminal_picture(bytes("foo"), TerminalProtocol::kIterm2) ==
        "\033]1337;File=inline=1;size=3:Zm9v\a\n");
  // 4096 characters are 3072 bytes.
  const auto exact = terminal_picture(std::vector<uint8_t>(3072), TerminalProtocol::kKitty);
  CHECK(exact == "\033_Ga=T,f=100,q=2,m=0;" + std::string(4096, 'A') + "\033\\\n");
  const auto two = terminal_picture(std::vector<uint8_t>(3075), TerminalProtocol::kKitty);
  CHECK(two ==
        "\033_Ga=T,f=100,q=2,m=1;" + std::string(4096, 'A') + "\033\\\033_Gm=0;AAAA\033\\\n");
}
