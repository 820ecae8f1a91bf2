// One flat buffer for all parameters of a repeated block, which can be cut evenly for ranks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

namespace kinema::parallel {

// Where parameters begin and where a rank's part does: what matrix kernels and transfers like best.
constexpr int64_t kFlatAlignment = 256;

// `bytes` rounded up to a multiple of the alignment.
int64_t flat_aligned(int64_t bytes);

// A parameter's place in the buffer.
struct FlatEntry {
  std::string name;
  std::vector<int64_t> sizes;
  at::ScalarType dtype;
  int64_t offset, bytes;
};

// Types may differ between parameters.
class FlatBlock {
 public:
  void add(const std::string& name, const std::vector<int64_t>& sizes, at::ScalarType dtype);

  const std::vector<FlatEntry>& entries() const { return entries_; }
  // Up to the end of the last parameter, aligned.
  int64_t bytes() const { return bytes_; }
  // Of one of `ranks` equal parts, the last of which may end in padding; all of them together are
  // the buffer, in rank order.
  int64_t part_bytes(int64_t ranks) const;

 private:
  std::vector<FlatEntry> entries_;
  int64_t bytes_ = 0;
};

}  // namespace kinema::parallel
