// Ranks that torchrun, an MPI or Slurm has started, of which this process is one.
#pragma once

#include "launch/environment.h"
#include "work.h"

namespace kinema::engine {

// Does the part of the rank at `place`. The first to fail says why; the others leave with the exit
// code of a lost peer and no word. Returns the exit code or throws what this process is to say.
int run_placed(const Work& work, const launch::Placement& place);

}  // namespace kinema::engine
