// Shapes and views here; the arithmetic is in kernels/cuda.
#include "nn/fused.h"

#include <string>
#include <utility>

#include <ATen/ops/_addmm_activation.h>

#include "base/error.h"
#include "base/plugin.h"
#include "kernels/fused_backend.h"

namespace kinema::nn {
namespace {

constexpr double kEps = 1e-6;

at::Tensor row(const at::Tensor& vector) { return vector.reshape({1, vector.size(-1)}); }

template <typename Action>
auto named(Action&& action) {
  try {
    return action();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInternal, std::string("a fused kernel failed: ") + error.what(),
                "--kernels reference");
  }
}

class Fused : public Elementwise {
 public:
  explicit Fused(std::unique_ptr<kernels::FusedKernels> kernels) : kernels_(std::move(kernels)) {}

  at::Tensor modulated(const at::Tensor& x,
                       const at::Tensor& scale,
                       const at::Tensor& shift) const override {
    return named([&] {
      return kernels_
          ->norm_modulate(x.squeeze(0), {row(shift), row(scale), {}, {}}, kernels::RowNorm::kLayer,
                          kEps)
          .unsqueeze(0);
    });
  }

  Modulated gated_modulated(const at::Tensor& x,
                            at::Tensor y,
                            const at::Tensor& gate,
                            const at::Tensor& scale,
                            const at::Tensor& shift) const override {
    return named([&]() -> Modulated {
      auto rows = kernels_->residual_gate_norm_modulate(
          x.squeeze(0), y.squeeze(0), {{}, {}, row(gate), {}}, {row(shift), row(scale), {}, {}},
          kernels::RowNorm::kLayer, kEps);
      return {std::move(y), rows.unsqueeze(0)};
    });
  }

  void normed_turned(const at::Tensor& x,
                     const at::Tensor& weight,
                     double eps,
                     const Rotary& rotary,
                     const at::Tensor& to) const override {
    const auto turns = rotary.turns.defined() ? rotary.turns.squeeze(1) : at::Tensor();
    const auto heads = x.view(to.sizes()).squeeze(0), out = to.squeeze(0);
    named([&] {
      for (int64_t group = 0; group < out.size(1); ++group)
        kernels_->head_norm_rotate(heads.select(1, group), weight, turns, eps,
                                   out.select(1, group));
    });
  }

  at::Tensor rms_modulated(const at::Tensor& x,
                           const at::Tensor& scale,
                           const at::Tensor& shift,
                           const TokenRows* rows,
                           double eps) const override {
    return named([&] {
      const auto row_of = rows == nullptr ? at::Tensor() : rows->row_of;
      return kernels_
          ->norm_modulate(x.squeeze(0), {shift, scale, {}, row_of}, kernels::RowNorm::kRms, eps)
          .unsqueeze(0);
    });
  }

  void row_normed_turned(const at::Tensor& x,
                         const at::Tensor& weight,
                         double eps,
                         const at::Tensor& cos,
                         const at::Tensor& sin,
                         const at::Tensor& to) const override {
    // The kernel turns the heads of the table.
    const int64_t heads = cos.size(1), groups = to.size(2);
    if (heads % groups != 0) return Elementwise::row_normed_turned(x, weight, eps, cos, sin, to);
    named([&] {
      kernels_->row_norm_rotate(x.squeeze(0).unflatten(-1, {heads, -1}), weight, cos, sin, eps,
                                to.flatten(3).unflatten(3, {heads / groups, -1}).squeeze(0));
    });
  }

  // A product's own epilogue, in cuBLAS; only it knows how to hold the result in float32 until
  // then.
  at::Tensor gelu_linear(const at::Tensor& x,
                         const at::Tensor& weight,
                         const at::Tensor& bias) const override {
    if (!bias.defined()) return Elementwise::gelu_linear(x, weight, bias);
    auto sizes = x.sizes().vec();
    sizes.back() = weight.size(0);
    return at::_addmm_activation(bias, x.flatten(0, -2), weight.t(), /*beta=*/1, /*alpha=*/1,
                                 /*use_gelu=*/true)
        .view(sizes);
  }

 private:
  std::unique_ptr<kernels::FusedKernels> kernels_;
};

}  // namespace

std::filesystem::path kernels_module() { return beside_program("libkinema_kernels.so"); }

std::unique_ptr<Elementwise> fused_elementwise(const std::filesystem::path& module) {
  const auto open = reinterpret_cast<kernels::KernelsOpen>(
      plugin_symbol(module, "kinema_kernels_open", "-DKINEMA_CUDA=ON"));
  return std::make_unique<Fused>(named([&] { return open(); }));
}

std::unique_ptr<Elementwise> elementwise(ElementwiseBy by) {
  if (by == ElementwiseBy::kFusedKernels) return fused_elementwise();
  return std::make_unique<Elementwise>();
}

}  // namespace kinema::nn
