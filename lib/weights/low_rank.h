// What LoRA files add to a weight, for any piece of it.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/low_rank.h"

namespace kinema::weights {

// A rectangle of a stored parameter seen as a matrix of its rows, of `height` of them altogether.
struct Rectangle {
  int64_t row, column, height;
};

// Adds scale * up down of each of `added` to `values` [rows, columns] (float32, on the CPU), which
// are those of the parameter that begin at `at`. Every element is a sum over the rank in its order,
// in float32, so that its bits are the same whatever piece it is computed in and by however many
// threads.
void add_low_rank(const std::vector<checkpoint::LowRank>& added,
                  const Rectangle& at,
                  const at::Tensor& values);

}  // namespace kinema::weights
