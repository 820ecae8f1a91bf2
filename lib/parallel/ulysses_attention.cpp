// Shapes: B batch, L tokens of a chunk, U ranks, H heads, h = H / U, D width of a head.
#include "parallel/ulysses_attention.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/stack.h>

namespace kinema::parallel {

nn::Qkv UlyssesAttention::to_heads(const nn::Qkv& video) const {
  const int64_t ranks = comm_.size();
  const bool asks = video.q.defined();
  auto packed = asks ? at::stack({video.q, video.k, video.v})
                     : at::stack({video.k, video.v});                     // [3 or 2, B, L, H, D]
  packed = packed.unflatten(3, {ranks, -1}).permute({3, 0, 1, 2, 4, 5});  // [U, 3, B, L, h, D]
  auto got = comm_.all_to_all(packed);                                    // row r: chunk r
  got = got.permute({1, 2, 0, 3, 4, 5}).flatten(2, 3);                    // [3, B, U L, h, D]
  // Padding stands at the end and must not be attended.
  got = got.narrow(2, 0, layout_.ring_tokens(ring_place_));
  return asks ? nn::Qkv{got[0], got[1], got[2]} : nn::Qkv{{}, got[0], got[1]};
}

nn::Qkv UlyssesAttention::own_heads(const nn::Qkv& text) const {
  auto mine = [&](const at::Tensor& x) {
    if (!x.defined()) return x;
    const int64_t heads = x.size(2) / comm_.size();
    return x.narrow(2, heads * comm_.rank(), heads);
  };
  return {mine(text.q), mine(text.k), mine(text.v)};
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

std::pair<at::Tensor, at::Tensor> UlyssesAttention::operator()(const nn::Qkv& video,
                                                               const nn::Qkv& text) const {
  auto [video_out, text_out] = inner_(to_heads(video), own_heads(text));
  return {to_tokens(video_out, video.k.size(1)), all_heads(text_out)};
}

}  // namespace kinema::parallel
