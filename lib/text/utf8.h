// UTF-8 in and out of code points.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kinema::text {

struct CodePoint {
  char32_t value;
  size_t bytes;
};

// The code point that begins at `at` of valid UTF-8, and the one that ends at `end`.
CodePoint code_point_at(std::string_view text, size_t at);
CodePoint code_point_before(std::string_view text, size_t end);

void append_utf8(std::string& text, char32_t code_point);

}  // namespace kinema::text
