// What libraries throw, as the errors users read.
#pragma once

#include <exception>

#include "base/error.h"

namespace kinema::engine {

// Out of memory becomes Error(kMemory), anything else Error(kInternal) with the first line of its
// text.
Error unexpected(const std::exception& error);

}  // namespace kinema::engine
