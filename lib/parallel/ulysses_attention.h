// Ulysses: tokens are exchanged for heads before attention and back after it.
#pragma once

#include <utility>

#include "comm/communicator.h"
#include "nn/seams.h"
#include "parallel/sequence.h"

namespace kinema::parallel {

// Each rank holds a chunk of the video tokens with all heads, and all text tokens. One exchange for
// Q, K and V gives it every token of its ring place with 1/size of the heads; `inner` attends; one
// exchange gives the video result back, one gather completes the text's heads. Per head the
// arithmetic is that of one process. The video's places are the memory that is sent, and what is
// received lies, with the text behind it, as `inner` attends to it: nothing is moved between.
class UlyssesAttention : public nn::JointAttention {
 public:
  UlyssesAttention(const SequenceLayout& layout,
                   comm::Communicator& comm,
                   int64_t ring_place,
                   const nn::JointAttention& inner)
      : layout_(layout), comm_(comm), ring_place_(ring_place), inner_(inner) {}

  nn::JointHeads places(const nn::HeadShape& shape,
                        const nn::Brings& video,
                        const nn::Brings& text) const override;
  std::pair<at::Tensor, at::Tensor> attended(const nn::JointHeads& joint) const override;

 private:
  at::Tensor received(const at::Tensor& sent, int64_t text_tokens) const;
  nn::JointHeads own_heads(const nn::JointHeads& joint) const;
  at::Tensor to_tokens(const at::Tensor& attended, int64_t chunk) const;
  at::Tensor all_heads(const at::Tensor& attended) const;

  const SequenceLayout& layout_;
  comm::Communicator& comm_;
  int64_t ring_place_;
  const nn::JointAttention& inner_;
};

}  // namespace kinema::parallel
