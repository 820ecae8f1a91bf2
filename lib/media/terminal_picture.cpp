// Escape sequences around base64.
#include "media/terminal_picture.h"

#include <algorithm>

namespace kinema::media {
namespace {

// kitty takes so many characters at a time.
constexpr size_t kPart = 4096;

std::string kitty(const std::string& data) {
  std::string text;
  for (size_t at = 0; at < data.size(); at += kPart) {
    const bool more = at + kPart < data.size();
    text += "\033_G";
    // a=T: show it, f=100: a PNG file, q=2: do not answer.
    if (at == 0) text += "a=T,f=100,q=2,";
    text += std::string("m=") + (more ? "1" : "0") + ";" + data.substr(at, kPart) + "\033\\";
  }
  return text + "\n";
}

std::string iterm2(const std::string& data, size_t bytes) {
  return "\033]1337;File=inline=1;size=" + std::to_string(bytes) + ":" + data + "\a\n";
}

}  // namespace

std::string base64(std::span<const uint8_t> bytes) {
  constexpr auto kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t here = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < here ? bytes[at + i] : 0U);
    for (size_t i = 0; i < 4; ++i) {
      text += i <= here ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

std::string terminal_picture(std::span<const uint8_t> png, TerminalProtocol protocol) {
  const auto data = base64(png);
  return protocol == TerminalProtocol::kKitty ? kitty(data) : iterm2(data, png.size());
}

}  // namespace kinema::media
