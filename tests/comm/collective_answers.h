// Every operation of a group against the arithmetic answer, whatever carries it.
#pragma once

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"

namespace kinema::test {

// Called by all members of a new group. Throws if an answer is wrong.
void require_collectives(comm::Communicator& group, at::TensorOptions options);

}  // namespace kinema::test
