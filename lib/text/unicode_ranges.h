// Where the Unicode tables of PCRE2 and utf8proc differ from those the reference's tokenizers use:
// token ids must not depend on which Unicode version a library was built with.
#pragma once

#include <span>

namespace kinema::text {

// Both ends belong to it.
struct CodePointRange {
  char32_t first, last;
};

// `ranges` are sorted.
bool contains(std::span<const CodePointRange> ranges, char32_t code_point);

// Unicode's White_Space, 25 code points: what \s means in the reference (PCRE2 adds U+180E).
std::span<const CodePointRange> white_space();

// Letters (L) and numbers (N) of Unicode 14 to 16, which the reference knows and a PCRE2 of
// Unicode 14 does not.
std::span<const CodePointRange> recent_letters();
std::span<const CodePointRange> recent_numbers();

// Code points that the reference's NFC (Unicode 9) passes through and utf8proc composes,
// decomposes or reorders.
std::span<const CodePointRange> inert_in_nfc();

// \w: letters, marks, decimal digits, connectors and joiners.
bool is_word_character(char32_t code_point);
bool is_white_space(char32_t code_point);

}  // namespace kinema::text
