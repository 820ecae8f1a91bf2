// How many processes there are and who started them.
#pragma once

#include "plan/handover.h"

namespace kinema::engine {

// Runs the job in this process, in the processes a launcher has started (of which this is one), or
// in ranks forked here. Returns the exit code; throws the Error that was the cause.
int run_world(const plan::Handover& job);

// The same for the processes alone, whatever the task needs around them.
int run_processes(const plan::Handover& job);

}  // namespace kinema::engine
