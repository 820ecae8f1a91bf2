// The video tokens of one request spread over the ranks of a sequence group, in contiguous chunks
// of equal length.
#pragma once

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "nn/seams.h"

namespace kinema::parallel {

// How `total` tokens lie on ulysses x ring ranks (Ulysses fastest). Chunks are ceil(total / ranks)
// long; what the last ones lack is padding, which is never attended.
class SequenceLayout {
 public:
  SequenceLayout(int64_t ulysses, int64_t ring) : ulysses_(ulysses), ring_(ring) {}

  // The number of tokens of the request at hand; must be called before each request.
  void begin(int64_t total) { total_ = total; }

  int64_t total() const { return total_; }
  int64_t ranks() const { return ulysses_ * ring_; }
  int64_t chunk() const { return (total_ + ranks() - 1) / ranks(); }
  // Real tokens held together by the Ulysses ranks at place `ring_place` of the ring.
  int64_t ring_tokens(int64_t ring_place) const;

 private:
  int64_t ulysses_, ring_, total_ = 0;
};

// The TokenSplit of one rank of the sequence group `comm`.
class SequenceSplit : public nn::TokenSplit {
 public:
  SequenceSplit(const SequenceLayout& layout, comm::Communicator& comm)
      : layout_(layout), comm_(comm) {}

  at::Tensor part(const at::Tensor& tokens, int64_t dim) const override;
  at::Tensor whole(const at::Tensor& part, int64_t dim, int64_t total) const override;

 private:
  const SequenceLayout& layout_;
  comm::Communicator& comm_;
};

}  // namespace kinema::parallel
