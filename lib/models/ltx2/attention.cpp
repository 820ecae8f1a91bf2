// Source: diffusers' LTX2Attention.
#include "models/ltx2/attention.h"

#include <cmath>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/sigmoid.h>

#include "nn/attention.h"

namespace kinema::ltx2 {
namespace {

// [B, L, H * D] -> [B, L, 1] float32.
at::Tensor squares(const at::Tensor& x) {
  return x.to(at::kFloat).pow(2).sum(-1, /*keepdim=*/true);
}

bool of_one_width(const AttentionShape& shape) { return shape.query_width == shape.context_width; }

std::vector<nn::LinearStack::Layer> stacked(const AttentionShape& shape) {
  const int64_t width = shape.heads * shape.head_dim;
  if (!of_one_width(shape)) return {{"to_k", width}, {"to_v", width}};
  return {{"to_q", width}, {"to_k", width}, {"to_v", width}};
}

}  // namespace

AcrossHeadsNorm::AcrossHeadsNorm(const nn::ParamScope& scope, int64_t width, double eps)
    : weight_(scope.take("weight", {width})),
      after_(scope.after()),
      width_(static_cast<double>(width)),
      eps_(eps) {}

at::Tensor AcrossHeadsNorm::scaled(const at::Tensor& x, const at::Tensor& squares) const {
  auto inverse = (squares / width_).add_(eps_).rsqrt_();
  return (x.to(at::kFloat) * inverse).mul_(weight_).to(x.scalar_type());
}

at::Tensor AcrossHeadsNorm::operator()(const at::Tensor& x) const {
  if (!after_) return at::rms_norm(x, {x.size(-1)}, weight_, eps_);
  // Only some of the heads are here: the sum of squares is not complete before `after_`.
  return scaled(x, after_(squares(x)));
}

std::pair<at::Tensor, at::Tensor> AcrossHeadsNorm::together(const AcrossHeadsNorm& norm,
                                                            const at::Tensor& x,
                                                            const AcrossHeadsNorm& other_norm,
                                                            const at::Tensor& y) {
  auto both = norm.after_(at::cat({squares(x), squares(y)}, 1));
  return {norm.scaled(x, both.narrow(1, 0, x.size(1))),
          other_norm.scaled(y, both.narrow(1, x.size(1), y.size(1)))};
}

Attention::Attention(const nn::ParamScope& scope, const AttentionShape& shape)
    : head_dim_(shape.head_dim),
      stacked_(scope, stacked(shape), shape.context_width, shape.bias),
      out_(scope / "to_out.0", shape.heads * shape.head_dim, shape.query_width, shape.out_bias),
      q_norm_(scope / "norm_q", shape.heads * shape.head_dim, shape.eps),
      k_norm_(scope / "norm_k", shape.heads * shape.head_dim, shape.eps) {
  if (!of_one_width(shape))
    q_.emplace(scope / "to_q", shape.query_width, shape.heads * shape.head_dim, shape.bias);
  if (shape.gated) gate_.emplace(scope / "to_gate_logits", shape.query_width, shape.heads);
}

at::Tensor Attention::query_product(const at::Tensor& x) const {
  return q_ ? (*q_)(x) : stacked_(x, 0, 1).front();
}

at::Tensor Attention::queries(const at::Tensor& x) const {
  return q_norm_(query_product(x)).unflatten(-1, {-1, head_dim_});
}

KeysValues Attention::keys_values(const at::Tensor& context) const {
  const auto both = stacked_(context, keys(), 2);
  return {k_norm_(both[0]).unflatten(-1, {-1, head_dim_}), both[1].unflatten(-1, {-1, head_dim_})};
}

void Attention::queries_keys_values(const at::Tensor& x,
                                    const Rotary& x_rotary,
                                    const at::Tensor& context,
                                    const Rotary& context_rotary,
                                    const nn::Elementwise& elementwise,
                                    const nn::Qkv& places) const {
  auto turn = [&](const at::Tensor& normed, const Rotary& rotary, const at::Tensor& to) {
    nn::turn_into(to, normed, rotary.cos, rotary.sin, pairs_of(rotary.type));
  };
  auto place = [&](const at::Tensor& y, const AcrossHeadsNorm& norm, const Rotary& rotary,
                   const at::Tensor& to) {
    if (rotary.type == config::Ltx2RopeType::kInterleaved) return turn(norm(y), rotary, to);
    elementwise.row_normed_turned(y, norm.weight(), norm.eps(), rotary.cos, rotary.sin, to);
  };
  // Of one input all three are made at once.
  const bool own = !q_ && x.is_same(context);
  std::vector<at::Tensor> wanted = {places.k, places.v};
  if (own) wanted.insert(wanted.begin(), places.q);
  auto made = stacked_.near(wanted, context, own ? 0 : keys());
  if (!own) made.insert(made.begin(), query_product(x));
  nn::settle(made[2], places.v);
  if (q_norm_.is_whole()) {
    place(made[0], q_norm_, x_rotary, places.q);
    place(made[1], k_norm_, context_rotary, places.k);
    return;
  }
  const auto [q, k] = AcrossHeadsNorm::together(q_norm_, made[0], k_norm_, made[1]);
  turn(q, x_rotary, places.q);
  turn(k, context_rotary, places.k);
}

nn::HeadShape Attention::head_shape() const {
  return {stacked_.width(0) / head_dim_, head_dim_, stacked_.options()};
}

at::Tensor Attention::values(const at::Tensor& context) const {
  return stacked_(context, keys() + 1, 1).front().unflatten(-1, {-1, head_dim_});
}

at::Tensor Attention::out(at::Tensor attended, const at::Tensor& x) const {
  if (gate_) attended.mul_(at::sigmoid((*gate_)(x)).mul_(2.0).unsqueeze(-1));
  return out_(attended.flatten(2));
}

at::Tensor attended(const at::Tensor& q, const KeysValues& context) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  return nn::attention(q, context.k, context.v, scale);
}

}  // namespace kinema::ltx2
