// LibTorch's fused attentions; which of them takes a shape is asked of LibTorch itself, once a
// call.
#include "nn/attention.h"

#include <vector>

#include <ATen/SDPBackend.h>
#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/record_function.h>

namespace kinema::nn {
namespace {

struct WithLse {
  at::Tensor out, lse;  // [B, H, Lq, D] and [B, H, Lq], the latter perhaps with more rows or a last
                        // dimension of 1
};

at::SDPBackend chosen(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  return static_cast<at::SDPBackend>(
      at::_fused_sdp_choice(q, k, v, {}, /*dropout_p=*/0.0, /*is_causal=*/false, scale));
}

WithLse by_cudnn(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  auto result = at::_scaled_dot_product_cudnn_attention(q, k, v, {}, /*compute_log_sumexp=*/true,
                                                        /*dropout_p=*/0.0, /*is_causal=*/false,
                                                        /*return_debug_mask=*/false, scale);
  return {std::get<0>(result), std::get<1>(result)};
}

WithLse by_flash(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  if (q.is_cpu()) {
    auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        q, k, v, /*dropout_p=*/0.0, /*is_causal=*/false, {}, scale);
    return {out, lse};
  }
  auto result = at::_scaled_dot_product_flash_attention(
      q, k, v, /*dropout_p=*/0.0, /*is_causal=*/false, /*return_debug_mask=*/false, scale);
  return {std::get<0>(result), std::get<1>(result)};
}

WithLse by_efficient(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  auto result = at::_scaled_dot_product_efficient_attention(
      q, k, v, {}, /*compute_log_sumexp=*/true, /*dropout_p=*/0.0, /*is_causal=*/false, scale);
  return {std::get<0>(result), std::get<1>(result)};
}

// What is left when no fused kernel takes the shape: scores in full.
WithLse by_math(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  // For AttentionWatch.
  RECORD_FUNCTION("kinema::attention_in_full", std::vector<c10::IValue>({q, k, v}));
  auto scores = at::matmul(q.to(at::kFloat) * scale, k.to(at::kFloat).transpose(-2, -1));
  auto lse = at::logsumexp(scores, -1, /*keepdim=*/true);
  auto out = at::matmul(scores.sub_(lse).exp_(), v.to(at::kFloat));
  return {out.to(q.scalar_type()), lse};
}

WithLse with_lse(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  switch (chosen(q, k, v, scale)) {
    case at::SDPBackend::cudnn_attention:
      return by_cudnn(q, k, v, scale);
    case at::SDPBackend::flash_attention:
      return by_flash(q, k, v, scale);
    case at::SDPBackend::efficient_attention:
      return by_efficient(q, k, v, scale);
    default:
      return by_math(q, k, v, scale);
  }
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  return at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
                                          {}, /*dropout_p=*/0.0, /*is_causal=*/false, scale)
      .transpose(1, 2);
}

std::pair<at::Tensor, at::Tensor> attention_with_lse(const at::Tensor& q,
                                                     const at::Tensor& k,
                                                     const at::Tensor& v,
                                                     double scale) {
  const int64_t queries = q.size(1);
  auto [out, lse] = with_lse(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), scale);
  if (lse.dim() == 4) lse = lse.squeeze(-1);  // cuDNN keeps a last dimension
  lse = lse.narrow(-1, 0, queries);           // the efficient kernel rounds the rows up
  return {out.transpose(1, 2), lse.transpose(1, 2)};
}

}  // namespace kinema::nn
