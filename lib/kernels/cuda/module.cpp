// The module's one exported function: tensors checked, their addresses handed to the launches.
#include <memory>
#include <stdexcept>
#include <string>

#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/cuda/launches.h"
#include "kernels/fused_backend.h"

namespace kinema::kernels {
namespace {

void require(bool holds, const char* text) {
  if (!holds) throw std::runtime_error(text);
}

Element element_of(const at::Tensor& x) {
  if (x.scalar_type() == at::kFloat) return Element::kFloat32;
  require(x.scalar_type() == at::kBFloat16, "only float32 and bfloat16 are known");
  return Element::kBfloat16;
}

// Rows of whole vectors of 8, as wide as registers hold.
void require_rows(const at::Tensor& x) {
  require(x.dim() == 2 && x.is_contiguous(), "rows [L, C] without gaps are wanted");
  require(x.size(1) % 8 == 0 && x.size(1) <= FusedKernels::kWidest,
          "the width must be a multiple of 8 and at most 8192");
}

RowVector row_vector(const at::Tensor& vectors, const at::Tensor& like) {
  if (!vectors.defined()) return {};
  require(vectors.size(1) == like.size(1) && vectors.stride(1) == 1 && vectors.stride(0) % 8 == 0 &&
              vectors.scalar_type() == like.scalar_type(),
          "vectors must be of the rows' width and type");
  return {vectors.const_data_ptr(), vectors.stride(0)};
}

const int* row_choice(const RowVectors& vectors) {
  return vectors.row_of.defined() ? vectors.row_of.const_data_ptr<int>() : nullptr;
}

const float* data_of(const at::Tensor& table) {
  return table.defined() ? static_cast<const float*>(table.const_data_ptr()) : nullptr;
}

template <typename Work>
void run(const Work& work) {
  const auto code = launch(work, c10::cuda::getCurrentCUDAStream());
  if (code != cudaSuccess) throw std::runtime_error(cudaGetErrorString(code));
}

class Kernels : public FusedKernels {
 public:
  at::Tensor norm_modulate(const at::Tensor& x,
                           const RowVectors& vectors,
                           RowNorm norm,
                           double eps) override {
    auto work = rows_of(x, vectors, norm, eps);
    auto out = at::empty_like(x);
    work.out = out.mutable_data_ptr();
    run(work);
    return out;
  }

  at::Tensor residual_gate_norm_modulate(const at::Tensor& x,
                                         const at::Tensor& y,
                                         const RowVectors& gates,
                                         const RowVectors& vectors,
                                         RowNorm norm,
                                         double eps) override {
    require(y.sizes() == x.sizes() && y.is_contiguous() && y.scalar_type() == x.scalar_type(),
            "both terms of a sum must be alike");
    auto work = rows_of(x, vectors, norm, eps);
    auto out = at::empty_like(x);
    work.y = y.mutable_data_ptr();
    work.gate = row_vector(gates.gate, x);
    work.gate_row = row_choice(gates);
    work.out = out.mutable_data_ptr();
    run(work);
    return out;
  }

  void head_norm_rotate(const at::Tensor& x,
                        const at::Tensor& weight,
                        const at::Tensor& turns,
                        double eps,
                        const at::Tensor& out) override {
    require(x.size(2) % 8 == 0 && x.size(2) <= 256,
            "a head's width must be a multiple of 8 and at most 256");
    require(x.stride(2) == 1 && out.stride(2) == 1 && out.sizes() == x.sizes(),
            "heads must be without gaps");
    run(HeadNormRotate{element_of(x), x.const_data_ptr(), x.stride(0), x.stride(1),
                       weight.const_data_ptr(), data_of(turns), out.mutable_data_ptr(),
                       out.stride(0), out.stride(1), x.size(0), x.size(1),
                       static_cast<int>(x.size(2)), static_cast<float>(eps)});
  }

  void row_norm_rotate(const at::Tensor& x,
                       const at::Tensor& weight,
                       const at::Tensor& cos,
                       const at::Tensor& sin,
                       double eps,
                       const at::Tensor& out) override {
    const int64_t width = x.size(1) * x.size(2);
    require(width % 8 == 0 && width <= kWidest, "the width must be a multiple of 8, at most 8192");
    require(x.stride(2) == 1 && x.stride(1) == x.size(2), "a token's heads must be without gaps");
    require(out.dim() == 4 && out.stride(3) == 1 && out.stride(2) == x.size(2) &&
                out.size(3) == x.size(2) && out.numel() == x.numel(),
            "a group's heads must be without gaps");
    run(RowNormRotate{element_of(x), x.const_data_ptr(), x.stride(0), weight.const_data_ptr(),
                      data_of(cos), data_of(sin), out.mutable_data_ptr(), out.stride(0),
                      out.stride(1), x.size(0), static_cast<int>(x.size(1)),
                      static_cast<int>(x.size(2)), static_cast<int>(out.size(2) * out.size(3)),
                      static_cast<float>(eps)});
  }

  void pixel_bytes(const at::Tensor& frames, const at::Tensor& out) override {
    require(frames.dim() == 4 && frames.size(0) == 3, "frames [3, F, H, W] are wanted");
    require(out.is_contiguous() && out.scalar_type() == at::kByte && out.numel() == frames.numel(),
            "a byte for each value is wanted");
    run(PixelBytesWork{element_of(frames), frames.const_data_ptr(), frames.stride(0),
                       frames.stride(1), frames.stride(2), frames.stride(3),
                       out.mutable_data_ptr<uint8_t>(), frames.size(1), frames.size(2),
                       frames.size(3)});
  }

  void pixel_planes(const at::Tensor& rgb, const at::Tensor& out) override {
    require(
        rgb.dim() == 4 && rgb.size(3) == 3 && rgb.is_contiguous() && rgb.scalar_type() == at::kByte,
        "pixels [F, H, W, 3] of bytes are wanted");
    require(rgb.size(1) % 2 == 0 && rgb.size(2) % 2 == 0, "even sizes are wanted");
    require(out.is_contiguous() && out.scalar_type() == at::kByte && out.numel() == rgb.numel() / 2,
            "a byte and a half for each pixel are wanted");
    run(PixelPlanesWork{rgb.const_data_ptr<uint8_t>(), out.mutable_data_ptr<uint8_t>(), rgb.size(0),
                        static_cast<int>(rgb.size(1)), static_cast<int>(rgb.size(2))});
  }

 private:
  static NormModulate rows_of(const at::Tensor& x,
                              const RowVectors& vectors,
                              RowNorm norm,
                              double eps) {
    require_rows(x);
    NormModulate work{};
    work.element = element_of(x);
    work.x = x.const_data_ptr();
    work.scale = row_vector(vectors.scale, x);
    work.shift = row_vector(vectors.shift, x);
    work.vector_row = row_choice(vectors);
    work.rows = x.size(0);
    work.width = x.size(1);
    work.norm = norm;
    work.eps = static_cast<float>(eps);
    return work;
  }
};

}  // namespace
}  // namespace kinema::kernels

extern "C" __attribute__((visibility("default"))) std::unique_ptr<kinema::kernels::FusedKernels>
kinema_kernels_open() {
  return std::make_unique<kinema::kernels::Kernels>();
}
