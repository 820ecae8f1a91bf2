// What a process says when it ends for an error.
#pragma once

#include "base/error.h"
#include "config/request.h"

namespace kinema::engine {

// Prints the error to standard error, or a note of an interrupt, which is the user's wish and not a
// failure. Returns the exit code.
int told(const Error& error, config::ColorMode color);

}  // namespace kinema::engine
