// Stored tensors in another type or on another device, without a second copy of the source staying
// in memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "checkpoint/component.h"

namespace kinema::weights {

// A part of a tensor along one dimension; dimension 0 is a range of its bytes, others are gathered
// row by row.
struct Slice {
  int64_t dim = 0, start = 0, length = 0;
};

// Where weights go.
struct Placement {
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

// The rows `start` to `start + length` of `stored`, as a tensor of its own.
checkpoint::StoredTensor rows(const checkpoint::StoredTensor& stored,
                              int64_t start,
                              int64_t length);

// A copy at `placement`, times `scale` if that is defined (float32, one element or one a row).
// Works in pieces, whose source pages are dropped at once. `slice` of a dimension other than 0 may
// be cut out on the way; length 0 is all.
at::Tensor converted(const checkpoint::StoredTensor& stored,
                     const Placement& placement,
                     const Slice& slice,
                     const at::Tensor& scale);

}  // namespace kinema::weights
