// The parts of a shard group's ranks, each seen by all of them.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "comm/peer_memory.h"

namespace kinema::parallel {

struct PeerParts {
  std::vector<at::Tensor> parts;  // by rank, also one's own; empty if they cannot be seen
  std::string obstacle;           // why not, the same on every rank
};

// Opens everybody's `mine` (bytes on a device, of one size on all ranks) on every rank, and probes
// that what is read there is what its owner has, in the first `written` bytes, which nobody changes
// any more. All ranks of the group call it, and all see everything or nothing.
PeerParts open_peers(comm::Communicator& group,
                     comm::PeerMemory& memory,
                     const at::Tensor& mine,
                     int64_t written);

}  // namespace kinema::parallel
