// A debug wrapper: before each operation all members compare what they are about to do, because
// Gloo ends the process on a mismatch and NCCL hangs.
#pragma once

#include <memory>

#include "comm/communicator.h"
#include "comm/rendezvous.h"

namespace kinema::comm {

// Throws Error(kComm) naming group, sequence number and the two operations that differ, before
// anything is sent. `members` are the group's global ranks. Costs one round through the store per
// operation. Groups that are used by
// different threads need different connections.
std::unique_ptr<Communicator> checked(std::unique_ptr<Communicator> inner,
                                      std::shared_ptr<Rendezvous> rendezvous,
                                      std::vector<int> members);

}  // namespace kinema::comm
