// Attention with everything at hand.
#include "nn/seams.h"

#include <cmath>

#include <ATen/ops/cat.h>

#include "nn/attention.h"

namespace kinema::nn {

namespace {

// Both along the tokens; what is undefined is no tokens.
at::Tensor joined(const at::Tensor& video, const at::Tensor& text) {
  if (!text.defined()) return video;
  return video.defined() ? at::cat({video, text}, 1) : text;
}

}  // namespace

std::pair<at::Tensor, at::Tensor> LocalJointAttention::operator()(const Qkv& video,
                                                                  const Qkv& text) const {
  const double scale = 1.0 / std::sqrt(static_cast<double>(video.k.size(-1)));
  auto k = joined(video.k, text.k), v = joined(video.v, text.v);
  auto out = attention(joined(video.q, text.q), k, v, scale);
  if (!text.q.defined()) return {out, {}};
  if (!video.q.defined()) return {{}, out};
  const int64_t tokens = video.q.size(1);
  return {out.narrow(1, 0, tokens), out.narrow(1, tokens, out.size(1) - tokens)};
}

}  // namespace kinema::nn
