// Small tables are made on the host; this brings them to the tensors that they are used with.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

namespace kinema::nn {

// `table` in its own type and shape, where tensors of these options (a weight's, an activation's)
// are.
inline at::Tensor beside(const at::TensorOptions& like, const at::Tensor& table) {
  return table.to(like.device());
}

}  // namespace kinema::nn
