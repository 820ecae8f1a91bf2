// At round s this rank has the keys of place (own - s) mod size and is already receiving the next.
#include "parallel/ring_attention.h"

#include <cmath>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "nn/attention.h"

namespace kinema::parallel {
namespace {

PartialAttention partial(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  if (q.size(1) == 0 || k.size(1) == 0) return {};
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  auto [out, lse] = nn::attention_with_lse(q, k, v, scale);
  return {out.to(at::kFloat), lse};
}

nn::Qkv ungrouped(const nn::Qkv& heads) {
  return {nn::ungrouped(heads.q), nn::ungrouped(heads.k), nn::ungrouped(heads.v)};
}

at::Tensor finished(const PartialAttention& attention, const at::Tensor& q) {
  return attention.out.defined() ? attention.out.to(q.scalar_type()) : at::empty_like(q);
}

}  // namespace

PartialAttention merged(const PartialAttention& a, const PartialAttention& b) {
  if (!a.out.defined()) return b;
  if (!b.out.defined()) return a;
  const auto share_of_b = at::sigmoid(b.lse - a.lse).unsqueeze(-1);
  return {at::lerp(a.out, b.out, share_of_b), at::logaddexp(a.lse, b.lse)};
}

at::Tensor RingAttention::text_alone(const nn::Qkv& video, const nn::Qkv& text) const {
  auto mine = partial(text.q, video.k, video.v);
  if (!mine.out.defined()) {  // no tokens here: a part of no weight
    const auto options = text.q.options().dtype(at::kFloat);
    const auto sizes = text.q.sizes();
    mine = {at::zeros(sizes, options), at::full(sizes.slice(0, 3), -INFINITY, options)};
  }
  auto packed = comm_.all_gather(at::cat({mine.out, mine.lse.unsqueeze(-1)}, -1));
  PartialAttention all;
  const int64_t width = text.q.size(-1);
  for (const auto& part : packed.unbind(0)) {
    all = merged(all, {part.narrow(-1, 0, width), part.select(-1, width)});
  }
  if (text.k.defined()) all = merged(all, partial(text.q, text.k, text.v));
  return finished(all, text.q);
}

RingAttention::Transfer RingAttention::pass_on(const at::Tensor& packed,
                                               int64_t next_owner,
                                               int round) const {
  const int size = comm_.size(), rank = comm_.rank();
  auto shape = packed.sizes().vec();
  shape[2] = layout_.ring_tokens(next_owner);
  Transfer transfer;
  transfer.incoming = at::empty(shape, packed.options());
  transfer.exchange =
      comm_.exchange(packed, (rank + 1) % size, transfer.incoming, (rank + size - 1) % size, round);
  return transfer;
}

std::pair<at::Tensor, at::Tensor> RingAttention::attended(const nn::JointHeads& joint) const {
  const auto video = ungrouped(joint.video), text = ungrouped(joint.text);
  if (!video.q.defined()) return {{}, text_alone(video, text)};
  const int size = comm_.size(), rank = comm_.rank();
  auto packed = at::stack({video.k, video.v});
  PartialAttention video_out;
  std::vector<PartialAttention> text_parts(static_cast<size_t>(size));
  for (int round = 0; round < size; ++round) {
    const int owner = (rank - round + size) % size;
    Transfer next;
    if (round + 1 < size) next = pass_on(packed, (owner - 1 + size) % size, round);
    auto k = packed[0], v = packed[1];
    if (text.q.defined()) text_parts[static_cast<size_t>(owner)] = partial(text.q, k, v);
    // The text's keys are here on every rank; they are counted once, with this rank's own tokens.
    if (round == 0) k = nn::joined(video.k, text.k), v = nn::joined(video.v, text.v);
    video_out = merged(video_out, partial(video.q, k, v));
    if (round + 1 < size) {
      next.exchange->wait();
      packed = next.incoming;
    }
  }
  if (!text.q.defined()) return {finished(video_out, video.q), {}};
  PartialAttention text_out;
  for (const auto& part : text_parts) text_out = merged(text_out, part);
  if (text.k.defined()) text_out = merged(text_out, partial(text.q, text.k, text.v));
  return {finished(video_out, video.q), finished(text_out, text.q)};
}

}  // namespace kinema::parallel
