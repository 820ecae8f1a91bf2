// Scaled dot-product attention, the one place where a back end is chosen.
#pragma once

#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

namespace kinema::nn {

// softmax(q k^T scale) v without mask. q [B, Lq, H, D], k and v [B, Lk, H, D] -> [B, Lq, H, D].
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale);

// The same with the log-sum-exp of each query's scores, [B, Lq, H] float32: what a merge over parts
// of the keys needs.
std::pair<at::Tensor, at::Tensor> attention_with_lse(const at::Tensor& q,
                                                     const at::Tensor& k,
                                                     const at::Tensor& v,
                                                     double scale);

}  // namespace kinema::nn
