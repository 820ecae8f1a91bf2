// Which pairs of tokens become one, and in what order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kinema::text {

struct Merge {
  uint32_t left, right, result;
};

class Merges {
 public:
  // In order of rank; a pair listed twice has its last rank.
  explicit Merges(const std::vector<Merge>& ranked);

  // Replaces neighbours by what they merge to, the pair of the lowest rank first and of equal ones
  // the leftmost, until no pair is left. O(n log n).
  std::vector<uint32_t> merged(const std::vector<uint32_t>& symbols) const;

 private:
  struct Slot {
    uint64_t pair = kEmpty;
    uint32_t rank = 0, result = 0;
  };
  static constexpr uint64_t kEmpty = UINT64_MAX;  // the pair of two tokens that cannot be

  size_t place(uint64_t pair) const;
  // Null if the two do not merge.
  const Slot* find(uint32_t left, uint32_t right) const;

  std::vector<Slot> slots_;

  friend class MergeQueue;
};

}  // namespace kinema::text
