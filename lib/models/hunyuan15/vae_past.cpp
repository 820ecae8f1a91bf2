// A list that is walked once a part.
#include "models/hunyuan15/vae_past.h"

namespace kinema::hunyuan15 {

at::Tensor& Past::next() {
  if (next_ == memories_.size()) memories_.emplace_back();
  return memories_[next_++];
}

void Past::end_part() {
  at_start_ = false;
  next_ = 0;
}

int64_t Past::bytes() const {
  int64_t sum = 0;
  for (const auto& memory : memories_)
    sum += memory.defined() ? static_cast<int64_t>(memory.nbytes()) : 0;
  return sum;
}

}  // namespace kinema::hunyuan15
