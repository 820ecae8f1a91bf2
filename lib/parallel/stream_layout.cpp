// Offsets only; nothing is allocated here.
#include "parallel/stream_layout.h"

#include <functional>
#include <numeric>

namespace kinema::parallel {

int64_t flat_aligned(int64_t bytes) {
  return (bytes + kFlatAlignment - 1) / kFlatAlignment * kFlatAlignment;
}

void FlatBlock::add(const std::string& name,
                    const std::vector<int64_t>& sizes,
                    at::ScalarType dtype) {
  const int64_t elements =
      std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
  const int64_t bytes = elements * static_cast<int64_t>(c10::elementSize(dtype));
  entries_.push_back({name, sizes, dtype, bytes_, bytes});
  bytes_ = flat_aligned(bytes_ + bytes);
}

int64_t FlatBlock::part_bytes(int64_t ranks) const {
  return flat_aligned((bytes_ + ranks - 1) / ranks);
}

}  // namespace kinema::parallel
