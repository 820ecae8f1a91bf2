// Ranks that this process forks and watches.
#pragma once

#include "work.h"

namespace kinema::engine {

// One rank for each place of the mesh, all on this machine. LibTorch is loaded once and forked,
// which is far cheaper than starting each anew. Returns the exit code; throws the Error that was
// the cause.
int run_forked(const Work& work);

}  // namespace kinema::engine
