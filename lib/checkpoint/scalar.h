// Single numbers among the tensors.
#pragma once

#include "checkpoint/component.h"

namespace kinema::checkpoint {

// The one element of a tensor. Throws Error(kModel) for a type that no such number has.
double scalar(const StoredTensor& tensor);

}  // namespace kinema::checkpoint
