// What is added to a stored parameter while it is read: products of two stored factors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/component.h"

namespace kinema::checkpoint {

// up [.., rank] times down [rank, …], each seen as a matrix, `scale` times. The parameter's row i
// takes the row first_row + (i + turn) mod (the parameter's rows) of `up`, which may be that of
// several parameters one below the other.
struct LowRank {
  StoredTensor down, up;
  double scale = 1;
  int64_t first_row = 0, turn = 0;

  int64_t rank() const { return down.entry.shape.at(0); }
};

using LowRanks = std::shared_ptr<const std::vector<LowRank>>;

// By the parameter's name in its component.
using Adapters = std::map<std::string, LowRanks, std::less<>>;

}  // namespace kinema::checkpoint
