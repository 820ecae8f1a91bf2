// Which row of some vectors each token of a stream takes, where most neighbours take the same.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

namespace kinema::nn {

// Tokens that follow each other and take the same row.
struct Run {
  int64_t row, start, length;
};

struct TokenRows {
  std::vector<Run> runs;
  at::Tensor row_of;  // the same, [L] int32 beside the vectors
};

// rows: [L] int64 on the CPU, the row of each token; `vectors`: the options of the vectors.
TokenRows token_rows(const at::Tensor& rows, const at::TensorOptions& vectors);

// work(tokens, row) for each run of x [1, L, C]; null: all of x takes row 0.
template <class Work>
void each_run(const TokenRows* rows, const at::Tensor& x, const Work& work) {
  if (rows == nullptr) return work(x, int64_t{0});
  for (const auto& run : rows->runs) work(x.narrow(1, run.start, run.length), run.row);
}

}  // namespace kinema::nn
