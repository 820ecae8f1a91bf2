// Shapes and views here; the arithmetic is in kernels/cuda.
#include "nn/fused.h"

#include <string>
#include <utility>

#include <ATen/ops/empty.h>

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

  at::Tensor normed_turned(const at::Tensor& x,
                           const at::Tensor& weight,
                           double eps,
                           const Rotary& rotary) const override {
    return named([&] {
      auto out = at::empty(x.sizes(), x.options());
      const auto turns = rotary.turns.defined() ? rotary.turns.squeeze(1) : at::Tensor();
      kernels_->head_norm_rotate(x.squeeze(0), weight, turns, eps, out.squeeze(0));
      return out;
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

  at::Tensor row_normed_turned(const at::Tensor& x,
                               const at::Tensor& weight,
                               double eps,
                               const at::Tensor& cos,
                               const at::Tensor& sin) const override {
    return named([&] {
      const auto heads = x.squeeze(0).unflatten(-1, {cos.size(1), -1});
      auto out = at::empty(heads.sizes(), heads.options());
      kernels_->row_norm_rotate(heads, weight, cos, sin, eps, out);
      return out.unsqueeze(0);
    });
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
