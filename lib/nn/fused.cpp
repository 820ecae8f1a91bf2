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

// [M, C] or [1, 1, C] -> [M, C].
at::Tensor flat(const at::Tensor& vectors) {
  return vectors.defined() ? vectors.flatten(0, -2) : vectors;
}

at::Tensor rows_of(const TokenRows* rows) { return rows == nullptr ? at::Tensor() : rows->row_of; }

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

  Residual added(const Residual& x, at::Tensor y, const Gate& gate) const override {
    return Residual(Residual::Sum{x.sum(), std::move(y), gate});
  }

  at::Tensor normed(const Residual& x,
                    const Norm& norm,
                    const Modulation& modulation) const override {
    const kernels::RowVectors vectors{
        flat(modulation.shift), flat(modulation.scale), {}, rows_of(modulation.rows)};
    return named([&] {
      const auto* sum = x.pending();
      if (sum == nullptr)
        return kernels_->norm_modulate(x.sum().squeeze(0), vectors, norm.over, norm.eps)
            .unsqueeze(0);
      auto rows = kernels_->residual_gate_norm_modulate(
          sum->x.squeeze(0), sum->y.squeeze(0),
          {{}, {}, flat(sum->gate.vectors), rows_of(sum->gate.rows)}, vectors, norm.over, norm.eps);
      x.settle(sum->y);
      return rows.unsqueeze(0);
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
  // then. On a CPU the same operator is another GELU.
  at::Tensor gelu_linear(const at::Tensor& x,
                         const at::Tensor& weight,
                         const at::Tensor& bias) const override {
    if (!bias.defined() || x.is_cpu()) return Elementwise::gelu_linear(x, weight, bias);
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

std::unique_ptr<kernels::FusedKernels> fused_kernels(const std::filesystem::path& module) {
  const auto open = reinterpret_cast<kernels::KernelsOpen>(
      plugin_symbol(module, "kinema_kernels_open", "-DKINEMA_CUDA=ON"));
  return named([&] { return open(); });
}

std::unique_ptr<Elementwise> fused_elementwise(std::unique_ptr<kernels::FusedKernels> kernels) {
  return std::make_unique<Fused>(std::move(kernels));
}

std::unique_ptr<Elementwise> elementwise(ElementwiseBy by) {
  if (by == ElementwiseBy::kFusedKernels) return fused_elementwise(fused_kernels());
  return std::make_unique<Elementwise>();
}

}  // namespace kinema::nn
