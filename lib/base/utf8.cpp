// utf8proc does the decoding; runs of ASCII, most of every file, are passed over eight bytes at a
// time.
#include "base/utf8.h"

#include <cstdint>
#include <cstring>
#include <string>

#include <utf8proc.h>

namespace kinema {
namespace {

size_t ascii_end(std::string_view text, size_t at) {
  for (uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

void check_utf8(std::string_view text, std::string_view what, ErrorKind kind) {
  for (size_t at = ascii_end(text, 0); at < text.size(); at = ascii_end(text, at)) {
    utf8proc_int32_t value = 0;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &value);
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

}  // namespace kinema
