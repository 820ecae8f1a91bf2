// Token ids to vectors.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/param_scope.h"

namespace kinema::text {

class Embedding {
 public:
  Embedding(const nn::ParamScope& scope, int64_t rows, int64_t width);

  // ids [S] int64 -> [1, S, width] like `like` in type and device. Only the rows asked for are
  // read. Throws Error(kModel) if an id is beyond the table.
  at::Tensor operator()(const at::Tensor& ids, const at::TensorOptions& like) const;

 private:
  std::string name_;
  at::Tensor table_;
};

}  // namespace kinema::text
