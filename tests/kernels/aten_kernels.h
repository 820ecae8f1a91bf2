// What the fused kernels compute, by LibTorch's operators on any device: their reference, and a
// stand-in where there is no GPU.
#pragma once

#include <map>
#include <string>

#include "kernels/fused_backend.h"

namespace kinema::test {

// Rounds to the tensors' type where the kernels do. Throws for what they would not take.
class AtenKernels : public kernels::FusedKernels {
 public:
  // Calls by the function's name, if given.
  explicit AtenKernels(std::map<std::string, int>* calls = nullptr) : calls_(calls) {}

  at::Tensor norm_modulate(const at::Tensor& x,
                           const kernels::RowVectors& vectors,
                           kernels::RowNorm norm,
                           double eps) override;
  at::Tensor residual_gate_norm_modulate(const at::Tensor& x,
                                         const at::Tensor& y,
                                         const kernels::RowVectors& gates,
                                         const kernels::RowVectors& vectors,
                                         kernels::RowNorm norm,
                                         double eps) override;
  void head_norm_rotate(const at::Tensor& x,
                        const at::Tensor& weight,
                        const at::Tensor& turns,
                        double eps,
                        const at::Tensor& out) override;
  void row_norm_rotate(const at::Tensor& x,
                       const at::Tensor& weight,
                       const at::Tensor& cos,
                       const at::Tensor& sin,
                       double eps,
                       const at::Tensor& out) override;
  void pixel_bytes(const at::Tensor& frames, const at::Tensor& out) override;
  void pixel_planes(const at::Tensor& rgb, const at::Tensor& out) override;

 private:
  void count(const char* name) {
    if (calls_ != nullptr) ++(*calls_)[name];
  }

  std::map<std::string, int>* calls_;
};

}  // namespace kinema::test
