// Cutting a sequence into equal chunks and putting it together again.
#include "parallel/sequence.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "base/error.h"

namespace kinema::parallel {

int64_t SequenceLayout::ring_tokens(int64_t ring_place) const {
  const int64_t length = chunk() * ulysses_;
  return std::clamp<int64_t>(total_ - ring_place * length, 0, length);
}

at::Tensor SequenceSplit::part(const at::Tensor& tokens, int64_t dim) const {
  if (tokens.size(dim) != layout_.total()) {
    throw Error(ErrorKind::kInternal, "a sequence of " + std::to_string(tokens.size(dim)) +
                                          " tokens was laid out as " +
                                          std::to_string(layout_.total()));
  }
  const int64_t chunk = layout_.chunk();
  const int64_t start = std::min(chunk * comm_.rank(), layout_.total());
  const int64_t here = std::min(chunk, layout_.total() - start);
  auto mine = tokens.narrow(dim, start, here);
  if (here == chunk) return mine.contiguous();
  auto shape = mine.sizes().vec();
  shape[static_cast<size_t>(dim)] = chunk - here;
  return at::cat({mine, at::zeros(shape, mine.options())}, dim);
}

at::Tensor SequenceSplit::whole(const at::Tensor& part, int64_t dim, int64_t total) const {
  if (comm_.size() == 1) return part;
  auto all = comm_.all_gather(part);  // [ranks, ...]
  return at::cat(all.unbind(0), dim).narrow(dim, 0, total);
}

}  // namespace kinema::parallel
