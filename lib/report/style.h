// Colour, and errors as they are printed.
#pragma once

#include <string>

#include "base/error.h"
#include "config/request.h"

namespace kinema::report {

// Does `mode` mean colour on a stream that is (or is not) a terminal?
bool use_color(config::ColorMode mode, bool terminal);

// formatted(error), with "error:" in red and "hint:" in cyan.
std::string error_text(const Error& error, bool color);

}  // namespace kinema::report
