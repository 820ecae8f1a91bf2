// Source: diffusers' HunyuanVideo15AttnBlock, whose dense mask is here a loop over frames.
#include "models/hunyuan15/vae_mid.h"

#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "nn/attention.h"

namespace kinema::hunyuan15 {
namespace {

// Keys or values of all frames so far, [T, positions, C].
at::Tensor so_far(const at::Tensor& now, Past& past) {
  auto& memory = past.next();
  const auto all = memory.defined() ? at::cat({memory, now}) : now;
  if (past.remembers()) memory = all;
  return all;
}

// [T, positions, C] -> [1, T * positions, 1 head, C].
at::Tensor one_head(const at::Tensor& x) { return x.flatten(0, 1).unsqueeze(0).unsqueeze(2); }

}  // namespace

FrameAttention::FrameAttention(const nn::ParamScope& scope, int64_t channels)
    : norm_(scope / "norm", channels),
      q_(scope / "to_q", channels, channels),
      k_(scope / "to_k", channels, channels),
      v_(scope / "to_v", channels, channels),
      out_(scope / "proj_out", channels, channels) {}

// Frame by frame, projections too: products of the same sizes have the same bits, however the clip
// is cut in time.
at::Tensor FrameAttention::operator()(at::Tensor x, Past& past) const {
  const auto h = norm_(x).flatten(1, 2);
  const int64_t frames = h.size(0);
  const auto new_keys = at::empty_like(h), new_values = at::empty_like(h);
  for (int64_t t = 0; t < frames; ++t) {
    new_keys[t].copy_(k_(h[t]));
    new_values[t].copy_(v_(h[t]));
  }
  const auto keys = so_far(new_keys, past), values = so_far(new_values, past);
  const int64_t before = keys.size(0) - frames;
  const double scale = 1.0 / std::sqrt(static_cast<double>(h.size(2)));
  for (int64_t t = 0; t < frames; ++t) {
    const int64_t seen = before + t + 1;
    const auto mixed =
        nn::attention(one_head(q_(h[t]).unsqueeze(0)), one_head(keys.narrow(0, 0, seen)),
                      one_head(values.narrow(0, 0, seen)), scale);
    x[t].add_(out_(mixed.flatten(0, 2)).view_as(x[t]));
  }
  return x;
}

MidBlock::MidBlock(const nn::ParamScope& scope, int64_t channels)
    : before_(scope / "resnets" / 0, channels, channels),
      attention_(scope / "attentions" / 0, channels),
      after_(scope / "resnets" / 1, channels, channels) {}

at::Tensor MidBlock::operator()(at::Tensor x, Past& past) const {
  return after_(attention_(before_(std::move(x), past), past), past);
}

}  // namespace kinema::hunyuan15
