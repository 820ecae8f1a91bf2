// The chains as single operators, and what is said without the module of kernels.
#include "nn/elementwise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/randn.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "nn/fused.h"
#include "nn/layers.h"

using namespace kinema;

namespace {

at::Tensor random(at::IntArrayRef sizes, uint64_t seed) {
  return at::randn(sizes, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat));
}

}  // namespace

TEST_CASE("a residual, its norm and its modulation are three operators in one call") {
  const auto x = random({1, 5, 16}, 1), y = random({1, 5, 16}, 2);
  const auto gate = random({1, 1, 16}, 3), scale = random({1, 1, 16}, 4),
             shift = random({1, 1, 16}, 5);
  auto into = y.clone();
  const auto [sum, rows] = nn::reference_elementwise().gated_modulated(x, into, gate, scale, shift);
  CHECK(at::equal(sum, y * gate + x));
  CHECK(sum.data_ptr() == into.data_ptr());
  CHECK(at::equal(rows, at::layer_norm(sum, {16}, {}, {}, 1e-6) * scale + shift));
}

TEST_CASE("a head without positions is normed only") {
  const auto x = random({1, 4, 2, 8}, 6), weight = random({8}, 7);
  const auto got = nn::reference_elementwise().normed_turned(x, weight, 1e-6, {});
  CHECK(at::equal(got, nn::rms_normed(x, 1e-6) * weight));
}

TEST_CASE("a program without the kernels says how they are built") {
  CHECK_THROWS_WITH(nn::fused_elementwise("/nowhere/libkinema_kernels.so"),
                    Catch::Contains("/nowhere/libkinema_kernels.so cannot be loaded"));
}
