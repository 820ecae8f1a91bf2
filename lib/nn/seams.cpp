// Attention with everything at hand: both streams write into one memory, so that nothing is put
// together before they attend.
#include "nn/seams.h"

#include <cmath>

#include <ATen/ops/as_strided.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "nn/attention.h"

namespace kinema::nn {
namespace {

// The stride of the one batch says nothing.
bool follows(const at::Tensor& second, const at::Tensor& first) {
  return second.is_alias_of(first) && second.strides().slice(1) == first.strides().slice(1) &&
         second.storage_offset() == first.storage_offset() + first.size(1) * first.stride(1);
}

bool brings_all(const Brings& one) { return one.queries && one.keys; }

Brings brought(const Qkv& qkv) {
  const auto& any = qkv.q.defined() ? qkv.q : qkv.k;
  return {any.defined() ? any.size(1) : 0, qkv.q.defined(), qkv.k.defined()};
}

void put(const Qkv& qkv, const Qkv& places) {
  auto one = [](const at::Tensor& from, const at::Tensor& to) {
    if (from.defined()) to.copy_(from.view(to.sizes()));
  };
  one(qkv.q, places.q), one(qkv.k, places.k), one(qkv.v, places.v);
}

}  // namespace

at::Tensor ungrouped(const at::Tensor& heads) {
  return heads.defined() ? heads.flatten(2, 3) : heads;
}

at::Tensor joined(const at::Tensor& first, const at::Tensor& second) {
  if (!second.defined()) return first;
  if (!first.defined()) return second;
  if (!follows(second, first)) return at::cat({first, second}, 1);
  auto sizes = first.sizes().vec();
  sizes[1] += second.size(1);
  return at::as_strided(first, sizes, first.strides(), first.storage_offset());
}

Lying suited(const at::TensorOptions& options) {
  return options.device().is_cpu() ? Lying::kApart : Lying::kSideBySide;
}

JointHeads joint_places(const HeadShape& shape,
                        const Brings& video,
                        const Brings& text,
                        Lying lying) {
  // [1, L, parts, H, D] of the tokens of one stream or of both.
  struct Memory {
    at::Tensor video, text;
  };
  const auto memory = [&](int64_t parts, bool from_video, bool from_text) -> Memory {
    const int64_t ahead = from_video ? video.tokens : 0, behind = from_text ? text.tokens : 0;
    const auto all =
        at::empty({1, ahead + behind, parts, shape.heads, shape.head_dim}, shape.options);
    return {all.narrow(1, 0, ahead), all.narrow(1, ahead, behind)};
  };
  JointHeads joint;
  const auto give = [&](const Memory& from, int64_t part, at::Tensor Qkv::*which,
                        bool Brings::*brings) {
    if (video.*brings) joint.video.*which = from.video.narrow(2, part, 1);
    if (text.*brings) joint.text.*which = from.text.narrow(2, part, 1);
  };
  const auto queries = [&] { return memory(1, video.queries, text.queries); };
  const auto keys = [&](int64_t parts) { return memory(parts, video.keys, text.keys); };
  if (lying == Lying::kApart) {
    give(queries(), 0, &Qkv::q, &Brings::queries);
    give(keys(1), 0, &Qkv::k, &Brings::keys);
    give(keys(1), 0, &Qkv::v, &Brings::keys);
  } else if (brings_all(video) || brings_all(text)) {
    // What the other stream does not bring stays empty.
    const auto all = memory(3, video.queries || video.keys, text.queries || text.keys);
    give(all, 0, &Qkv::q, &Brings::queries);
    give(all, 1, &Qkv::k, &Brings::keys);
    give(all, 2, &Qkv::v, &Brings::keys);
  } else {
    give(queries(), 0, &Qkv::q, &Brings::queries);
    const auto both = keys(2);
    give(both, 0, &Qkv::k, &Brings::keys);
    give(both, 1, &Qkv::v, &Brings::keys);
  }
  return joint;
}

JointHeads JointAttention::places(const HeadShape& shape,
                                  const Brings& video,
                                  const Brings& text) const {
  return joint_places(shape, video, text, suited(shape.options));
}

std::pair<at::Tensor, at::Tensor> JointAttention::operator()(const Qkv& video,
                                                             const Qkv& text) const {
  const auto& any = video.k.defined() ? video.k : text.k;
  const auto joint =
      places({any.size(2), any.size(3), any.options()}, brought(video), brought(text));
  put(video, joint.video);
  put(text, joint.text);
  return attended(joint);
}

std::pair<at::Tensor, at::Tensor> LocalJointAttention::attended(const JointHeads& joint) const {
  const auto &video = joint.video, &text = joint.text;
  auto both = [](const at::Tensor& front, const at::Tensor& back) {
    return joined(ungrouped(front), ungrouped(back));
  };
  const auto k = both(video.k, text.k), v = both(video.v, text.v);
  const double scale = 1.0 / std::sqrt(static_cast<double>(k.size(-1)));
  auto out = attention(both(video.q, text.q), k, v, scale);
  if (!text.q.defined()) return {out, {}};
  if (!video.q.defined()) return {{}, out};
  const int64_t tokens = video.q.size(1);
  return {out.narrow(1, 0, tokens), out.narrow(1, tokens, out.size(1) - tokens)};
}

}  // namespace kinema::nn
