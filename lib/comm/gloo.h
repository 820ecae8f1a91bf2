// Collectives of CPU processes over c10d's Gloo. Tensors of a GPU are taken too and travel through
// host memory: for ranks that share one, which NCCL refuses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/rendezvous.h"

namespace kinema::comm {

// The group of `members` (global ranks, ascending by group rank), which must contain the
// rendezvous' own rank. Every member calls this with the same name and members; a group of one is a
// LocalCommunicator. A peer that is lost ends an operation within milliseconds, one that hangs
// after the rendezvous' timeout.
std::unique_ptr<Communicator> gloo_group(Rendezvous& rendezvous,
                                         const std::string& name,
                                         const std::vector<int>& members);

}  // namespace kinema::comm
