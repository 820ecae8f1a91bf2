// The fused kernels beside LibTorch's operators in float32 on a GPU; without one they are
// skipped.
#include "nn/fused.h"

#include <iostream>
#include <memory>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <catch2/catch.hpp>

#include "base/plugin.h"
#include "kernels/fused_backend.h"
#include "nn/layers.h"
#include "nn/pixel_bytes.h"
#include "nn/rotary.h"
#include "support/tensors.h"
#include "tensor/device.h"

using namespace kinema;
using kernels::FusedKernels;
using kernels::RowNorm;

namespace {

const std::filesystem::path kModule = KINEMA_BUILD_DIR "/libkinema_kernels.so";

bool skipped() {
  if (tensor::gpu_count() > 0) return false;
  std::cout << "skipped: wants 1 GPU, has 0" << std::endl;
  return true;
}

// Random tensors on the GPU, the same for the same seed.
class Source {
 public:
  explicit Source(uint64_t seed, at::ScalarType type)
      : generator_(at::detail::createCPUGenerator(seed)), type_(type), device_(tensor::gpu(0)) {}

  at::Tensor operator()(at::IntArrayRef sizes) { return wide(sizes).to(type_); }
  at::Tensor wide(at::IntArrayRef sizes) {
    return at::randn(sizes, generator_, at::TensorOptions(at::kFloat)).to(device_);
  }
  at::Tensor rows(int64_t count, int64_t limit) {
    return at::randint(0, limit, {count}, generator_, at::TensorOptions(at::kInt)).to(device_);
  }

 private:
  at::Generator generator_;
  at::ScalarType type_;
  at::Device device_;
};

std::unique_ptr<FusedKernels> kernels_here() {
  return reinterpret_cast<kernels::KernelsOpen>(
      plugin_symbol(kModule, "kinema_kernels_open", "-DKINEMA_CUDA=ON"))();
}

// What float32 arithmetic in another order, and one rounding to the type, may differ by.
double tolerance(at::ScalarType type) { return type == at::kFloat ? 2e-6 : 8e-3; }

at::Tensor normed(const at::Tensor& x, RowNorm norm) {
  if (norm == RowNorm::kRms) return nn::rms_normed(x, 1e-6);
  return at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-6);
}

at::Tensor chosen(const at::Tensor& vectors, const at::Tensor& rows) {
  return rows.defined() ? vectors.index_select(0, rows).to(at::kFloat)
                        : vectors.narrow(0, 0, 1).to(at::kFloat);
}

void check(const at::Tensor& got, const at::Tensor& want) {
  CHECK(test::scaled_difference(got.to(at::kFloat).cpu(), want.cpu()) <
        tolerance(got.scalar_type()));
}

}  // namespace

TEST_CASE("rows are normed and modulated as by single operators", "[gpu]") {
  if (skipped()) return;
  for (auto type : {at::kFloat, at::kBFloat16}) {
    for (auto norm : {RowNorm::kLayer, RowNorm::kRms}) {
      for (int64_t width : {8, 24, 128, 1152, 2048, 4096, 8192}) {
        for (int64_t tokens : {1, 77, 1031}) {
          Source random(static_cast<uint64_t>(width * tokens), type);
          auto kernels = kernels_here();
          const auto x = random({tokens, width}), scale = random({2, width}),
                     shift = random({2, width}), gate = random({2, width});
          const auto rows = tokens % 2 == 0 ? at::Tensor() : random.rows(tokens, 2);
          CAPTURE(width, tokens, rows.defined());
          check(kernels->norm_modulate(x, {shift, scale, {}, rows}, norm, 1e-6),
                normed(x.to(at::kFloat), norm) * chosen(scale, rows) + chosen(shift, rows));
          auto y = random({tokens, width});
          const auto sum = x.to(at::kFloat) + chosen(gate, rows) * y.to(at::kFloat);
          auto out = kernels->residual_gate_norm_modulate(x, y, {{}, {}, gate, rows},
                                                          {shift, scale, {}, rows}, norm, 1e-6);
          check(y, sum);
          check(out, normed(sum.to(type).to(at::kFloat), norm) * chosen(scale, rows) +
                         chosen(shift, rows));
        }
      }
    }
  }
}

TEST_CASE("heads are normed and turned into a part of a larger buffer", "[gpu]") {
  if (skipped()) return;
  for (auto type : {at::kFloat, at::kBFloat16}) {
    for (int64_t width : {8, 24, 64, 128, 256}) {
      Source random(static_cast<uint64_t>(width), type);
      auto kernels = kernels_here();
      const int64_t tokens = 53, heads = 3;
      const auto x = random({tokens, heads, width}), weight = random({width});
      const auto turns =
          at::complex(random.wide({tokens, width / 2}), random.wide({tokens, width / 2}));
      auto joint = at::empty({tokens + 9, heads, width}, x.options());
      CAPTURE(width);
      auto out = joint.narrow(0, 9, tokens);
      auto plain = nn::rms_normed(x.to(at::kFloat), 1e-6) * weight.to(at::kFloat);
      kernels->head_norm_rotate(x, weight, {}, 1e-6, out);
      check(out, plain);
      kernels->head_norm_rotate(x, weight, turns, 1e-6, out);
      const auto turned = at::empty({1, tokens, 1, heads, width}, plain.options());
      nn::rotate_into(turned, plain.view(turned.sizes()), {turns.unsqueeze(1)});
      check(out, turned.view(plain.sizes()));
    }
  }
}

TEST_CASE("whole rows are normed and their heads' halves turned", "[gpu]") {
  if (skipped()) return;
  for (auto type : {at::kFloat, at::kBFloat16}) {
    for (int64_t width : {8, 64, 128}) {
      Source random(static_cast<uint64_t>(width) + 1, type);
      auto kernels = kernels_here();
      const int64_t tokens = 41, heads = 32, half = width / 2;
      const auto x = random({tokens, heads, width}), weight = random({heads * width});
      const auto cos = random.wide({tokens, heads, half}), sin = random.wide({tokens, heads, half});
      // Two groups of heads that lie apart, with a third part between: what is sent to two ranks.
      auto sent = at::empty({2, tokens, 3, heads / 2, width}, x.options());
      auto out = sent.select(2, 1).transpose(0, 1);
      CAPTURE(width);
      kernels->row_norm_rotate(x, weight, cos, sin, 1e-6, out);
      auto plain = (nn::rms_normed(x.to(at::kFloat).flatten(1), 1e-6) * weight.to(at::kFloat))
                       .unflatten(1, {heads, width});
      auto a = plain.narrow(2, 0, half), b = plain.narrow(2, half, half);
      check(out.reshape(x.sizes()), at::cat({a * cos - b * sin, b * cos + a * sin}, 2));
    }
  }
}

TEST_CASE("a product's epilogue is its GELU", "[gpu]") {
  if (skipped()) return;
  const auto fused = nn::fused_elementwise(kModule);
  for (auto type : {at::kFloat, at::kBFloat16}) {
    for (int64_t tokens : {1, 77, 1031}) {
      Source random(static_cast<uint64_t>(tokens), type);
      const auto x = random({1, tokens, 256}), weight = random({512, 256}) / 16,
                 bias = random({512});
      CAPTURE(tokens);
      check(fused->gelu_linear(x, weight, bias),
            at::gelu(at::linear(x.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat)),
                     "tanh"));
      check(fused->gelu_linear(x, weight, {}),
            at::gelu(at::linear(x.to(at::kFloat), weight.to(at::kFloat)), "tanh"));
    }
  }
}

TEST_CASE("pixels become the bytes that single operators make", "[gpu]") {
  if (skipped()) return;
  const auto fused = nn::pixel_bytes(nn::ElementwiseBy::kFusedKernels, kModule);
  for (auto type : {at::kFloat, at::kBFloat16}) {
    Source random(17, type);
    const auto planes = random({3, 4, 37, 53}), clip = random({4, 37, 53, 3});
    for (const auto& frames : {planes, clip.permute({3, 0, 1, 2})}) {
      const auto got = (*fused)(frames).cpu(), want = nn::PixelBytes()(frames).cpu();
      CHECK(test::scaled_difference(got.to(at::kFloat), want.to(at::kFloat)) == 0);
    }
  }
}
