// The layers every model here is made of; each takes its parameters from a ParamScope once, at
// construction.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/elementwise.h"
#include "nn/param_scope.h"

namespace kinema::nn {

enum class Bias { kNone, kPresent };

// y = x W^T + b, W stored [out, in]. A width of -1 is whatever the checkpoint has.
class Linear {
 public:
  Linear(const ParamScope& scope, int64_t in, int64_t out, Bias bias = Bias::kPresent);
  at::Tensor operator()(const at::Tensor& x) const;  // [..., in] -> [..., out]
  // GELU (tanh) of the same, by `by`.
  at::Tensor gelu(const at::Tensor& x, const Elementwise& by) const;
  at::TensorOptions options() const { return weight_.options(); }

 private:
  at::Tensor weight_, bias_;
  weights::OutputOp after_;
};

// LayerNorm over the last dimension, with weight and bias.
class LayerNorm {
 public:
  LayerNorm(const ParamScope& scope, int64_t width, double eps);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
  double eps_;
};

// LayerNorm without parameters.
at::Tensor layer_normed(const at::Tensor& x, double eps = 1e-6);

// x / rms(x) over the last dimension, statistics in float32, rounded to x's type, then times the
// weight.
class RmsNorm {
 public:
  RmsNorm(const ParamScope& scope, int64_t width, double eps);
  at::Tensor operator()(const at::Tensor& x) const;
  const at::Tensor& weight() const { return weight_; }
  double eps() const { return eps_; }

 private:
  at::Tensor weight_;
  double eps_;
};

// The same without the weight.
at::Tensor rms_normed(const at::Tensor& x, double eps);

enum class Activation { kGeluTanh, kSilu };

// diffusers' FeedForward: net.2(activation(net.0.proj(x))).
class FeedForward {
 public:
  FeedForward(const ParamScope& scope,
              int64_t width,
              int64_t hidden,
              Activation activation,
              Bias bias = Bias::kPresent);
  at::Tensor operator()(const at::Tensor& x, const Elementwise& by = reference_elementwise()) const;

 private:
  Linear in_, out_;
  Activation activation_;
};

// linear_2(SiLU(linear_1(sinusoid(t)))): diffusers' TimestepEmbedding over 256 sinusoid channels.
class TimestepEmbedding {
 public:
  TimestepEmbedding(const ParamScope& scope, int64_t width);
  // t: [N] float32 on the 0..1000 scale -> [N, width] in the parameters' type, on their device.
  at::Tensor operator()(const at::Tensor& t) const;

 private:
  Linear linear_1_, linear_2_;
};

// [N] float32 -> [N, channels]: cosines first, frequencies exp(-ln(10000) k / (channels/2)).
// float32.
at::Tensor sinusoid(const at::Tensor& t, int64_t channels);

}  // namespace kinema::nn
