// What surrounds the processes of a batch: its lock, a new start after a failure, its exit code.
#pragma once

#include "plan/handover.h"

namespace kinema::engine {

// Runs the batch that the handover's task describes. Returns 0 when all outputs are there and 1
// when some failed; throws what stopped the whole.
int run_batch_world(const plan::Handover& job);

}  // namespace kinema::engine
