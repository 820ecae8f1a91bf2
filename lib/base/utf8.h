// Which bytes are text.
#pragma once

#include <string_view>

#include "base/error.h"

namespace kinema {

// Throws Error(kind) "<what> is not valid UTF-8: …" with the offset of the first bad byte.
void check_utf8(std::string_view text, std::string_view what, ErrorKind kind);

}  // namespace kinema
