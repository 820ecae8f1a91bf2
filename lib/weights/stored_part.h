// A parameter's place in its file, from which any range of its elements can be read at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/component.h"
#include "checkpoint/low_rank.h"
#include "weights/convert.h"

namespace kinema::weights {

struct StoredPart {
  checkpoint::StoredTensor stored;
  Slice slice;       // of dimension 0 or 1; length 0: all of it
  at::Tensor scale;  // of 8-bit floats: float32, one element or one a row; else undefined
  checkpoint::LowRanks added = {};  // by LoRA files, after the scale; null if nothing is

  // The part's own shape.
  std::vector<int64_t> sizes() const;
};

// Reads the elements `first` to `first + into.numel()` of the part (row-major) into `into` (1-D,
// contiguous, on the CPU), in its type, past the map: threads that read at the same time do not
// take each other's pages. What LoRA files add is computed for these elements alone. Returns how
// many bytes of the part's file that were. Throws Error(kModel).
uint64_t read_elements(const StoredPart& part, int64_t first, const at::Tensor& into);

// Parts one below the other, which differ in their first dimension alone, read as one.
using StoredStack = std::vector<StoredPart>;
std::vector<int64_t> sizes(const StoredStack& stack);
uint64_t read_elements(const StoredStack& stack, int64_t first, const at::Tensor& into);

// Reads the part's elements from `first` on as they are stored, without scale and what is added,
// past the map. Throws Error(kModel).
void read_stored(const StoredPart& part, int64_t first, std::span<std::byte> into);

}  // namespace kinema::weights
