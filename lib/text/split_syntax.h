// Patterns written for Oniguruma, which the reference uses, as PCRE2 must be told them.
#pragma once

#include <string>
#include <string_view>

namespace kinema::text {

// The same language in PCRE2's syntax, with \s, \p{L} and \p{N} spelt out to the reference's
// Unicode version. Only constructs known to mean the same in both are let through; any other is
// Error(kModel) beginning with `where`.
std::string pcre_syntax(std::string_view pattern, const std::string& where);

}  // namespace kinema::text
