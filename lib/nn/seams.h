// The places where a transformer meets what it knows nothing about: who attends, which tokens are
// here, when a block's weights are there, and by which kernels the small arithmetic is done.
#pragma once

#include <utility>

#include <ATen/core/Tensor.h>

#include "nn/elementwise.h"

namespace kinema::nn {

// Queries, keys and values of one stream, each [1, L, H, D]; H is however many heads are here.
struct Qkv {
  at::Tensor q, k, v;
};

// What a stream brings to an attention.
struct Brings {
  int64_t tokens = 0;
  bool queries = true;  // its result is wanted
  bool keys = true;     // and values
};

struct HeadShape {
  int64_t heads, head_dim;
  at::TensorOptions options;
};

// Where two streams put what they bring to an attention: each [1, L, G, H / G, D], the heads in G
// groups, which may lie apart; undefined where nothing is brought.
struct JointHeads {
  Qkv video, text;
  at::Tensor memory;  // for the attention's own use
};

// How queries, keys and values lie: each by itself, or side by side in each token, where one
// product writes all three.
enum class Lying { kApart, kSideBySide };
// How they suit where tensors of these options are: apart on the CPU, whose caches like short
// strides better than few products.
Lying suited(const at::TensorOptions& options);

// Places in one memory for both streams, the text's tokens behind the video's.
JointHeads joint_places(const HeadShape& shape,
                        const Brings& video,
                        const Brings& text,
                        Lying lying);

// Attention of two streams over all tokens of both, scale 1/sqrt(D), no mask.
class JointAttention {
 public:
  virtual ~JointAttention() = default;
  // Places from which attended() takes what is written into them without moving it.
  virtual JointHeads places(const HeadShape& shape, const Brings& video, const Brings& text) const;
  // Shaped like the queries, [1, L, H, D]. Undefined queries (their result is not wanted) give an
  // undefined result; undefined keys and values of the text are those of no tokens.
  virtual std::pair<at::Tensor, at::Tensor> attended(const JointHeads& joint) const = 0;

  // The same of tensors that lie elsewhere.
  std::pair<at::Tensor, at::Tensor> operator()(const Qkv& video, const Qkv& text) const;
};

// The whole attention here: every token, every head.
class LocalJointAttention : public JointAttention {
 public:
  std::pair<at::Tensor, at::Tensor> attended(const JointHeads& joint) const override;
};

// [1, L, G, h, D] -> [1, L, G h, D]; of one group, or of an undefined tensor, without a copy.
at::Tensor ungrouped(const at::Tensor& heads);

// Both [1, L, H, D] along the tokens, without a copy if the second begins where the first ends;
// what is undefined is no tokens.
at::Tensor joined(const at::Tensor& first, const at::Tensor& second);

// Which of a stream's tokens are worked on here.
class TokenSplit {
 public:
  virtual ~TokenSplit() = default;
  // The part of `tokens` (along `dim`) that is worked on here. May end in padding.
  virtual at::Tensor part(const at::Tensor& tokens, int64_t dim) const { return tokens; }
  // All of them again, without padding; `total` is their number.
  virtual at::Tensor whole(const at::Tensor& part, int64_t dim, int64_t total) const {
    return part;
  }
};

// Which of an attention's heads are worked on here: the `index`-th of `parts` equal parts.
struct HeadPart {
  int64_t index = 0, parts = 1;
  // The part of `heads` (along `dim`) that is worked on here.
  at::Tensor of(const at::Tensor& heads, int64_t dim) const {
    const int64_t here = heads.size(dim) / parts;
    return heads.narrow(dim, here * index, here);
  }
};

// Called around each use of repeated block `index`; between the calls the block's parameters can be
// read.
class BlockWeights {
 public:
  virtual ~BlockWeights() = default;
  virtual void enter(int64_t index) {}
  virtual void leave(int64_t index) {}
};

// What a transformer is given beside its weights. The referenced objects outlive it.
struct Seams {
  const JointAttention& attend;
  const TokenSplit& tokens;
  BlockWeights& blocks;
  const Elementwise& elementwise = reference_elementwise();
  HeadPart heads = {};
};

}  // namespace kinema::nn
