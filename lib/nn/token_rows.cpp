// Found once a generation, on the host.
#include "nn/token_rows.h"

#include "nn/beside.h"

namespace kinema::nn {

TokenRows token_rows(const at::Tensor& rows, const at::TensorOptions& vectors) {
  TokenRows found;
  const auto* row = rows.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < rows.size(0); ++i) {
    if (found.runs.empty() || found.runs.back().row != row[i]) found.runs.push_back({row[i], i, 0});
    ++found.runs.back().length;
  }
  found.row_of = beside(vectors, rows.to(at::kInt));
  return found;
}

}  // namespace kinema::nn
