// Attention with everything at hand.
#include "nn/seams.h"

#include <cmath>

#include <ATen/ops/cat.h>

#include "nn/attention.h"

namespace kinema::nn {

std::pair<at::Tensor, at::Tensor> LocalJointAttention::operator()(const Qkv& video,
                                                                  const Qkv& text) const {
  const double scale = 1.0 / std::sqrt(static_cast<double>(video.q.size(-1)));
  auto k = at::cat({video.k, text.k}, 1), v = at::cat({video.v, text.v}, 1);
  if (!text.q.defined()) return {attention(video.q, k, v, scale), {}};
  auto out = attention(at::cat({video.q, text.q}, 1), k, v, scale);
  const int64_t tokens = video.q.size(1);
  return {out.narrow(1, 0, tokens), out.narrow(1, tokens, out.size(1) - tokens)};
}

}  // namespace kinema::nn
