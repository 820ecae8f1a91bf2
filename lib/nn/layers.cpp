// Each layer as few tensor operations, rounding where diffusers rounds.
#include "nn/layers.h"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>

namespace kinema::nn {
namespace {

constexpr int64_t kSinusoidChannels = 256;
constexpr double kLongestPeriod = 10000.0;

}  // namespace

Linear::Linear(const ParamScope& scope, int64_t in, int64_t out, Bias bias)
    : weight_(scope.take("weight", {out, in})), after_(scope.after()) {
  if (bias == Bias::kPresent) bias_ = scope.take("bias", {out});
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (!after_) return at::linear(x, weight_, bias_);
  // The bias belongs to the complete product: added before, it would be counted once for each part.
  auto y = after_(at::linear(x, weight_));
  return bias_.defined() ? y.add_(bias_) : y;
}

at::Tensor Linear::gelu(const at::Tensor& x, const Elementwise& by) const {
  if (!after_) return by.gelu_linear(x, weight_, bias_);
  auto h = (*this)(x);
  return at::gelu_(h, "tanh");
}

LayerNorm::LayerNorm(const ParamScope& scope, int64_t width, double eps)
    : weight_(scope.take("weight", {width})), bias_(scope.take("bias", {width})), eps_(eps) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight_, bias_, eps_);
}

at::Tensor layer_normed(const at::Tensor& x, double eps) {
  return at::layer_norm(x, {x.size(-1)}, {}, {}, eps);
}

RmsNorm::RmsNorm(const ParamScope& scope, int64_t width, double eps)
    : weight_(scope.take("weight", {width})), eps_(eps) {}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  return rms_normed(x, eps_).mul_(weight_);
}

at::Tensor rms_normed(const at::Tensor& x, double eps) {
  return at::rms_norm(x, {x.size(-1)}, {}, eps);
}

FeedForward::FeedForward(
    const ParamScope& scope, int64_t width, int64_t hidden, Activation activation, Bias bias)
    : in_(scope / "net.0.proj", width, hidden, bias),
      out_(scope / "net.2", hidden, width, bias),
      activation_(activation) {}

at::Tensor FeedForward::operator()(const at::Tensor& x, const Elementwise& by) const {
  if (activation_ == Activation::kGeluTanh) return out_(in_.gelu(x, by));
  auto h = in_(x);
  return out_(at::silu_(h));
}

TimestepEmbedding::TimestepEmbedding(const ParamScope& scope, int64_t width)
    : linear_1_(scope / "linear_1", kSinusoidChannels, width),
      linear_2_(scope / "linear_2", width, width) {}

at::Tensor TimestepEmbedding::operator()(const at::Tensor& t) const {
  return linear_2_(at::silu(linear_1_(sinusoid(t, kSinusoidChannels).to(linear_1_.options()))));
}

at::Tensor sinusoid(const at::Tensor& t, int64_t channels) {
  const int64_t half = channels / 2;
  auto k = at::arange(half, t.options().dtype(at::kFloat));
  auto frequencies = (k * -std::log(kLongestPeriod)).div_(static_cast<double>(half)).exp_();
  auto angles = t.to(at::kFloat).unsqueeze(-1) * frequencies;
  return at::cat({angles.cos(), angles.sin()}, -1);
}

}  // namespace kinema::nn
