// One process's part in a batch.
#pragma once

#include "rank.h"

namespace kinema::engine {

// Goes through the outputs of the batch that the task describes, together with the other ranks of
// the replica, until there are no more. Failures are recorded in the batch's state; one that only
// some ranks of a replica have seen is thrown.
void run_batch(const Duty& duty,
               parallel::Team& team,
               at::Device device,
               RankWatch& watch,
               ShareBoard& shared);

}  // namespace kinema::engine
