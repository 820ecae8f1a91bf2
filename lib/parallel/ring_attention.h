// Ring attention: keys and values travel round while each rank attends with its own queries.
#pragma once

#include <memory>
#include <utility>

#include "comm/communicator.h"
#include "nn/seams.h"
#include "parallel/sequence.h"

namespace kinema::parallel {

// Each rank holds the video tokens of its ring place (without padding) and all text tokens. Partial
// results are merged by their log-sum-exp in float32: a video query's in the order in which keys
// arrive, a text query's in ring order, so that the text stream stays the same on every rank to the
// last bit.
class RingAttention : public nn::JointAttention {
 public:
  RingAttention(const SequenceLayout& layout, comm::Communicator& comm)
      : layout_(layout), comm_(comm) {}

  std::pair<at::Tensor, at::Tensor> attended(const nn::JointHeads& joint) const override;

 private:
  // Attention of the text's queries to the video's keys when nobody else asks: each rank attends to
  // its own, and only results go round.
  at::Tensor text_alone(const nn::Qkv& video, const nn::Qkv& text) const;

  // Keys and values on their way round: [2, B, tokens, H, D], and the transfer of the next ones.
  struct Transfer {
    at::Tensor incoming;
    std::unique_ptr<comm::Pending> exchange;
  };
  Transfer pass_on(const at::Tensor& packed, int64_t next_owner, int round) const;

  const SequenceLayout& layout_;
  comm::Communicator& comm_;
};

// Attention over a part of the keys: the weighted mean [B, L, H, D] and the log-sum-exp of its
// scores [B, L, H] float32.
struct PartialAttention {
  at::Tensor out, lse;
};

// Both parts' keys together. Undefined members stand for no keys at all.
PartialAttention merged(const PartialAttention& a, const PartialAttention& b);

}  // namespace kinema::parallel
