// The fused kernels beside LibTorch's operators in float32 on a GPU; without one they are
// skipped.
#include "nn/fused.h"

#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "kernels/aten_kernels.h"
#include "nn/pixel_bytes.h"
#include "nn/pixel_planes.h"
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

// What float32 arithmetic in another order, and one rounding to the type, may differ by.
double tolerance(at::ScalarType type) { return type == at::kFloat ? 2e-6 : 8e-3; }

void check(const at::Tensor& got, const at::Tensor& want) {
  CHECK(test::scaled_difference(got.to(at::kFloat).cpu(), want.to(at::kFloat).cpu()) <
        tolerance(got.scalar_type()));
}

}  // namespace

TEST_CASE("rows are added to, normed and modulated as by single operators", "[gpu]") {
  if (skipped()) return;
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto norm = GENERATE(RowNorm::kLayer, RowNorm::kRms);
  auto kernels = nn::fused_kernels(kModule);
  test::AtenKernels plain;
  for (int64_t width : {8, 24, 128, 1152, 2048, 4096, 8192}) {
    for (int64_t tokens : {1, 77, 1031}) {
      for (uint64_t seed : {1, 2, 3}) {
        Source random(seed + static_cast<uint64_t>(width * tokens), type);
        CAPTURE(width, tokens, seed);
        const auto x = random({tokens, width});
        // As a table has them: rows lie apart.
        const auto vectors = random({2, 3, width});
        auto place = [&](int64_t i) { return vectors.select(1, i); };
        const auto rows = seed == 1 ? at::Tensor() : random.rows(tokens, 2);
        const kernels::RowVectors none, both{place(1), place(0), {}, rows};
        for (const auto& by : {none, both})
          check(kernels->norm_modulate(x, by, norm, 1e-6), plain.norm_modulate(x, by, norm, 1e-6));
        const auto y = random({tokens, width});
        for (const auto& gate : {none, kernels::RowVectors{{}, {}, place(2), rows}}) {
          for (const auto& by : {none, both}) {
            const auto got = y.clone(), want = y.clone();
            const auto got_rows =
                kernels->residual_gate_norm_modulate(x, got, gate, by, norm, 1e-6);
            const auto want_rows = plain.residual_gate_norm_modulate(x, want, gate, by, norm, 1e-6);
            check(got, want);
            check(got_rows, want_rows);
          }
        }
      }
    }
  }
}

TEST_CASE("a model's chains are the same by kernels and by single operators", "[gpu]") {
  if (skipped()) return;
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto fused = nn::fused_elementwise(nn::fused_kernels(kModule)),
             plain = nn::fused_elementwise(std::make_unique<test::AtenKernels>());
  Source random(5, type);
  const auto x = random({1, 301, 2048}), y = random({1, 301, 2048}), vectors = random({2, 3, 2048});
  const auto which = nn::token_rows((at::arange(301) >= 77).to(at::kLong), vectors.options());
  auto through = [&](const nn::Elementwise& by) {
    auto place = [&](int64_t i) { return vectors.select(1, i); };
    nn::Residual stream = by.added(x, y.clone(), {place(0), &which});
    const nn::Norm norm{RowNorm::kRms, 1e-6};
    auto rows = by.normed(stream, norm, {place(1), place(2), &which});
    stream = by.added(stream, rows.clone());
    return std::vector{rows, by.normed(stream, norm), stream.sum()};
  };
  const auto got = through(*fused), want = through(*plain);
  for (size_t i = 0; i < want.size(); ++i) check(got[i], want[i]);
}

TEST_CASE("heads are normed and turned into a part of a larger buffer", "[gpu]") {
  if (skipped()) return;
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  auto kernels = nn::fused_kernels(kModule);
  test::AtenKernels plain;
  for (int64_t width : {8, 24, 64, 128, 256}) {
    for (uint64_t seed : {1, 2, 3}) {
      Source random(seed + static_cast<uint64_t>(width), type);
      const int64_t tokens = 53, heads = 3;
      const auto x = random({tokens, heads, width}), weight = random({width});
      const auto turns =
          at::complex(random.wide({tokens, width / 2}), random.wide({tokens, width / 2}));
      auto into = [&](FusedKernels& by, const at::Tensor& turned) {
        auto joint = at::zeros({tokens + 9, heads, width}, x.options());
        by.head_norm_rotate(x, weight, turned, 1e-6, joint.narrow(0, 9, tokens));
        return joint;
      };
      CAPTURE(width, seed);
      check(into(*kernels, {}), into(plain, {}));
      check(into(*kernels, turns), into(plain, turns));
    }
  }
}

TEST_CASE("whole rows are normed and their heads' halves turned", "[gpu]") {
  if (skipped()) return;
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  auto kernels = nn::fused_kernels(kModule);
  test::AtenKernels plain;
  for (int64_t width : {8, 64, 128}) {
    for (uint64_t seed : {1, 2, 3}) {
      Source random(seed + static_cast<uint64_t>(width), type);
      const int64_t tokens = 41, heads = 32, half = width / 2;
      const auto x = random({tokens, heads, width}), weight = random({heads * width});
      const auto cos = random.wide({tokens, heads, half}), sin = random.wide({tokens, heads, half});
      // Two groups of heads that lie apart, with a third part between: what is sent to two ranks.
      auto into = [&](FusedKernels& by) {
        auto sent = at::zeros({2, tokens, 3, heads / 2, width}, x.options());
        by.row_norm_rotate(x, weight, cos, sin, 1e-6, sent.select(2, 1).transpose(0, 1));
        return sent;
      };
      CAPTURE(width, seed);
      check(into(*kernels), into(plain));
    }
  }
}

TEST_CASE("a product's epilogue is its GELU", "[gpu]") {
  if (skipped()) return;
  const auto fused = nn::fused_elementwise(nn::fused_kernels(kModule));
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

TEST_CASE("pixels become the planes that single operators make", "[gpu]") {
  if (skipped()) return;
  const auto fused = nn::fused_pixel_planes(kModule);
  for (const auto& [width, height] :
       {std::pair<int64_t, int64_t>{16, 16}, {34, 18}, {254, 130}, {848, 480}}) {
    for (int64_t levels : {2, 256}) {
      Source random(static_cast<uint64_t>(width + levels), at::kFloat);
      const auto rgb =
          random.rows(3 * height * width * 3, levels).mul_(255 / (levels - 1)).to(at::kByte);
      const auto frames = rgb.view({3, height, width, 3});
      CAPTURE(width, height, levels);
      CHECK(at::equal((*fused)(frames).cpu(), nn::PixelPlanes()(frames.cpu())));
    }
  }
}
