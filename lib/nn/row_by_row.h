// A product of several rows rounds differently from a product of one. What is computed for all
// steps at once but must not depend on how many there are goes through its layers row by row.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

namespace kinema::nn {

// layer(rows), [n, ...], each row by itself.
template <class Layer>
at::Tensor row_by_row(const Layer& layer, const at::Tensor& rows) {
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < rows.size(0); ++i) out.push_back(layer(rows.narrow(0, i, 1)));
  return at::cat(out, 0);
}

}  // namespace kinema::nn
