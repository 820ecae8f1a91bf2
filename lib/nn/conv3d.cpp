// On the CPU oneDNN is called by name, with weights in its own order: LibTorch's conv3d hands small
// inputs to a slow loop whose sums run in another order, and reorders the weights at every call.
// Elsewhere conv3d in channels-last layout.
#include "nn/conv3d.h"

#include <array>

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/conv3d.h>

namespace kinema::nn {
namespace {

constexpr std::array<int64_t, 3> kNoPadding = {0, 0, 0};
constexpr std::array<int64_t, 3> kOnes = {1, 1, 1};

using MaybeInts = std::optional<c10::List<int64_t>>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using MaybeText = std::optional<c10::string_view>;

template <typename Signature>
auto onednn(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

bool onednn_takes(const at::Tensor& x) {
  if (!x.is_cpu() || !at::hasMKLDNN() || !at::globalContext().userEnabledMkldnn()) return false;
  if (x.scalar_type() == at::kFloat) return true;
  static const bool bfloat16 = onednn<bool()>("mkldnn::_is_mkldnn_bf16_supported").call();
  return x.scalar_type() == at::kBFloat16 && bfloat16;
}

at::Tensor packed(const at::Tensor& weight) {
  if (!onednn_takes(weight)) return weight.contiguous(at::MemoryFormat::ChannelsLast3d);
  using Pack = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                          int64_t, at::OptionalIntArrayRef);
  static const auto op = onednn<Pack>("mkldnn::_reorder_convolution_weight");
  return op.call(weight.contiguous(), kNoPadding, kOnes, kOnes, 1, std::nullopt);
}

// [T, H, W, C] -> [1, C, T, H, W] with the same memory, which LibTorch then calls channels-last.
at::Tensor batched(const at::Tensor& clip) { return clip.unsqueeze(0).permute({0, 4, 1, 2, 3}); }
at::Tensor unbatched(const at::Tensor& batch) { return batch.permute({0, 2, 3, 4, 1}).squeeze(0); }

at::Tensor onednn_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  using Conv = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                          at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t,
                          c10::string_view, Scalars, MaybeText);
  static const auto op = onednn<Conv>("mkldnn::_convolution_pointwise");
  return op.call(x, weight, bias, kNoPadding, kOnes, kOnes, 1, "none", Scalars(), "");
}

void onednn_conv_add(at::Tensor& sum,
                     const at::Tensor& x,
                     const at::Tensor& weight,
                     const at::Tensor& bias) {
  using ConvAdd = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&,
                              const std::optional<at::Tensor>&, at::IntArrayRef, at::IntArrayRef,
                              at::IntArrayRef, int64_t, c10::string_view, std::optional<at::Scalar>,
                              MaybeText, Scalars, MaybeText);
  static const auto op = onednn<ConvAdd>("mkldnn::_convolution_pointwise_", "binary");
  op.call(sum, x, weight, bias, kNoPadding, kOnes, kOnes, 1, "add", at::Scalar(1.0), std::nullopt,
          Scalars(), std::nullopt);
}

}  // namespace

Conv3d::Conv3d(const ParamScope& scope, int64_t in, int64_t out, int64_t kernel)
    : weight_(packed(scope.take("weight", {out, in, kernel, kernel, kernel}))),
      bias_(scope.take("bias", {out})) {}

at::Tensor Conv3d::operator()(const at::Tensor& x) const {
  const auto input = batched(x);
  return unbatched(weight_.is_mkldnn() ? onednn_conv(input, weight_, bias_)
                                       : at::conv3d(input, weight_, bias_));
}

at::Tensor Conv3d::added_to(at::Tensor sum, const at::Tensor& x) const {
  if (!weight_.is_mkldnn()) return sum.add_((*this)(x));
  auto batch = batched(sum);
  onednn_conv_add(batch, batched(x), weight_, bias_);
  return sum;
}

}  // namespace kinema::nn
