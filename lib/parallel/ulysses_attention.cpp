// Shapes: B batch, L tokens of a chunk, U ranks, H heads, h = H / U, D width of a head.
#include "parallel/ulysses_attention.h"

#include <algorithm>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>

namespace kinema::parallel {
namespace {

// The n-th of what each token brings; [U, L, n, h, D] -> [1, L, U, h, D].
at::Tensor place(const at::Tensor& sent, int64_t n) {
  return sent.select(2, n).transpose(0, 1).unsqueeze(0);
}

}  // namespace

nn::JointHeads UlyssesAttention::places(const nn::HeadShape& shape,
                                        const nn::Brings& video,
                                        const nn::Brings& text) const {
  auto joint = JointAttention::places(shape, {0, false, false}, text);
  const int64_t ranks = comm_.size(), parts = video.queries ? 3 : 2;
  joint.memory =
      at::empty({ranks, video.tokens, parts, shape.heads / ranks, shape.head_dim}, shape.options);
  if (video.queries) joint.video.q = place(joint.memory, 0);
  joint.video.k = place(joint.memory, parts - 2);
  joint.video.v = place(joint.memory, parts - 1);
  return joint;
}

// [U, L, n, h, D] -> [S + T, n, h, D]: the S real tokens of this ring place with the heads of this
// rank, and behind them room for T tokens. What was padding is given over to those.
at::Tensor UlyssesAttention::received(const at::Tensor& sent, int64_t text_tokens) const {
  const int64_t all = sent.size(0) * sent.size(1), real = layout_.ring_tokens(ring_place_);
  auto sizes = sent.sizes().slice(1).vec();
  sizes[0] = std::max(all, real + text_tokens);
  const auto memory = at::empty(sizes, sent.options());
  auto got = memory.narrow(0, 0, all).view(sent.sizes());
  comm_.all_to_all_into(sent, got);
  return memory.narrow(0, 0, real + text_tokens);
}

nn::JointHeads UlyssesAttention::own_heads(const nn::JointHeads& joint) const {
  const auto& text = joint.text.k.defined() ? joint.text.k : joint.text.q;
  const int64_t behind = text.defined() ? text.size(1) : 0;
  const auto memory = received(joint.memory, behind).unsqueeze(0).unsqueeze(2);
  const int64_t real = memory.size(1) - behind;
  nn::JointHeads mine;
  int64_t part = 0;
  for (auto which : {&nn::Qkv::q, &nn::Qkv::k, &nn::Qkv::v}) {
    auto& own = mine.text.*which;
    if (const auto& all = joint.text.*which; all.defined()) {
      const int64_t heads = all.size(3) / comm_.size();
      own = all.narrow(3, heads * comm_.rank(), heads);
    }
    if (!(joint.video.*which).defined()) continue;
    const auto both = memory.select(3, part++);
    mine.video.*which = both.narrow(1, 0, real);
    if (own.defined()) own = both.narrow(1, real, behind).copy_(own);
  }
  return mine;
}

at::Tensor UlyssesAttention::to_tokens(const at::Tensor& attended, int64_t chunk) const {
  if (!attended.defined()) return attended;
  const int64_t ranks = comm_.size();
  auto padded = attended;
  if (const int64_t missing = chunk * ranks - attended.size(1); missing > 0) {
    padded = at::constant_pad_nd(attended, {0, 0, 0, 0, 0, missing});
  }
  auto rows = padded.unflatten(1, {ranks, chunk}).transpose(0, 1);  // [U, B, L, h, D]
  auto got = comm_.all_to_all(rows);                                // row r: heads of rank r
  return got.permute({1, 2, 0, 3, 4}).flatten(2, 3);                // [B, L, H, D]
}

at::Tensor UlyssesAttention::all_heads(const at::Tensor& attended) const {
  if (!attended.defined()) return attended;
  return comm_.all_gather(attended).permute({1, 2, 0, 3, 4}).flatten(2, 3);
}

std::pair<at::Tensor, at::Tensor> UlyssesAttention::attended(const nn::JointHeads& joint) const {
  auto [video_out, text_out] = inner_.attended(own_heads(joint));
  return {to_tokens(video_out, joint.memory.size(1)), all_heads(text_out)};
}

}  // namespace kinema::parallel
