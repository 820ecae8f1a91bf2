// utf8proc does the work.
#include "text/utf8.h"

#include <utf8proc.h>

namespace kinema::text {
namespace {

utf8proc_ssize_t decoded(std::string_view text, size_t at, utf8proc_int32_t& value) {
  return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                          static_cast<utf8proc_ssize_t>(text.size() - at), &value);
}

}  // namespace

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
