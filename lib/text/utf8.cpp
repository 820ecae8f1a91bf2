// utf8proc does the decoding; runs of ASCII, most of every file, are passed over eight bytes at a
// time.
#include "text/utf8.h"

#include <cstdint>
#include <cstring>

#include <utf8proc.h>

namespace kinema::text {
namespace {

size_t ascii_end(std::string_view text, size_t at) {
  for (uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

utf8proc_ssize_t decoded(std::string_view text, size_t at, utf8proc_int32_t& value) {
  return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                          static_cast<utf8proc_ssize_t>(text.size() - at), &value);
}

}  // namespace

void check_utf8(std::string_view text, std::string_view what, ErrorKind kind) {
  for (size_t at = ascii_end(text, 0); at < text.size(); at = ascii_end(text, at)) {
    utf8proc_int32_t value = 0;
    const auto bytes = decoded(text, at, value);
    if (bytes <= 0) {
      constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(text[at]);
      throw Error(kind, std::string(what) + " is not valid UTF-8: byte 0x" + kDigits[byte >> 4] +
                            kDigits[byte & 15] + " at offset " + std::to_string(at) +
                            " begins no character");
    }
    at += static_cast<size_t>(bytes);
  }
}

CodePoint code_point_at(std::string_view text, size_t at) {
  utf8proc_int32_t value = 0;
  const auto bytes = decoded(text, at, value);
  return {static_cast<char32_t>(value), static_cast<size_t>(bytes)};
}

CodePoint code_point_before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return code_point_at(text, at);
}

void append_utf8(std::string& text, char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

}  // namespace kinema::text
