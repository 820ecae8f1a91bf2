// LibTorch's fused kernels; a mask only where a window hides something.
#include "text/causal_attention.h"

#include <optional>

#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace kinema::text {
namespace {

// Each query head with its own copy of the key or value head that it shares with its group.
at::Tensor repeated(const at::Tensor& x, int64_t heads) {
  return heads == x.size(2) ? x : x.repeat_interleave(heads / x.size(2), 2);
}

// [L, L], true where the query of the row sees the key of the column.
at::Tensor windowed(int64_t length, int64_t window, at::Device device) {
  const auto all = at::ones({length, length}, at::TensorOptions(device).dtype(at::kBool));
  return all.tril().triu(1 - window);
}

}  // namespace

at::Tensor causal_attention(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, int64_t window) {
  const bool hides = window > 0 && q.size(1) > window;
  std::optional<at::Tensor> mask;
  if (hides) mask = windowed(q.size(1), window, q.device());
  return at::scaled_dot_product_attention(q.transpose(1, 2), repeated(k, q.size(2)).transpose(1, 2),
                                          repeated(v, q.size(2)).transpose(1, 2), mask,
                                          /*dropout_p=*/0.0, /*is_causal=*/!hides, scale)
      .transpose(1, 2);
}

}  // namespace kinema::text
