// A list that is walked once a part.
#include "models/ltx2/vae_flow.h"

#include <utility>

#include <ATen/ops/cat.h>

#include "base/error.h"

namespace kinema::ltx2 {

void Flow::begin(Part part) {
  part_ = part;
  next_ = 0;
}

Flow::Memory& Flow::next() {
  if (next_ == memories_.size()) memories_.emplace_back();
  return memories_[next_++];
}

at::Tensor Flow::delayed(at::Tensor x, int64_t count) {
  auto& memory = next();
  if (memory.frames.defined()) x = at::cat({std::exchange(memory.frames, {}), x}, 0);
  const int64_t rest = x.size(0) - count;
  if (rest < 0 || (rest > 0 && at_end())) {
    throw Error(ErrorKind::kInternal, "layers of the autoencoder disagree about a part's frames");
  }
  if (rest == 0) return x;
  // A copy, so that the part's memory is not held by its last frames.
  memory.frames = x.narrow(0, count, rest).clone();
  return x.narrow(0, 0, count);
}

}  // namespace kinema::ltx2
