// Ranks that torchrun, an MPI or Slurm has started, of which this process is one.
#pragma once

#include "launch/environment.h"
#include "work.h"

namespace kinema::engine {

// Forks the rank at `place` and watches it, as the processes of the other ranks do with theirs. The
// first of them to see a failure says why; the others leave with the exit code of a lost peer and
// no word. Returns the exit code or throws what this process is to say.
int run_placed(const Work& work, const launch::Placement& place);

}  // namespace kinema::engine
