// The chains as single operators, and what is said without the module of kernels.
#include "nn/elementwise.h"

#include <map>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "kernels/aten_kernels.h"
#include "nn/fused.h"
#include "nn/layers.h"

using namespace kinema;
using kernels::RowNorm;

namespace {

constexpr nn::Norm kLayer = {RowNorm::kLayer, 1e-6};

at::Tensor random(at::IntArrayRef sizes, uint64_t seed) {
  return at::randn(sizes, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat));
}

}  // namespace

TEST_CASE("a stream is added to, normed and modulated by single operators") {
  const auto x = random({1, 5, 16}, 1), y = random({1, 5, 16}, 2);
  const auto gate = random({1, 1, 16}, 3), scale = random({1, 1, 16}, 4),
             shift = random({1, 1, 16}, 5);
  const auto& by = nn::reference_elementwise();
  auto into = y.clone();
  const auto stream = by.added(x, into, {gate});
  CHECK(stream.pending() == nullptr);
  CHECK(at::equal(stream.sum(), y * gate + x));
  CHECK(stream.sum().data_ptr() == into.data_ptr());
  const auto normed = at::layer_norm(stream.sum(), {16}, {}, {}, 1e-6);
  CHECK(at::equal(by.normed(stream, kLayer), normed));
  CHECK(at::equal(by.normed(stream, kLayer, {scale, shift}), normed * scale + shift));
  CHECK(at::equal(by.added(x, y.clone()).sum(), y + x));
}

TEST_CASE("what is still to be added to a stream is added once for all its copies") {
  const auto x = random({1, 5, 16}, 1), y = random({1, 5, 16}, 2), gate = random({1, 1, 16}, 3);
  const nn::Residual stream(nn::Residual::Sum{x, y.clone(), {gate}}),
      copy = stream, other(nn::Residual::Sum{x, y.clone(), {gate}});
  CHECK(stream.tokens() == 5);
  CHECK(copy.is_same(stream));
  CHECK(!other.is_same(stream));
  REQUIRE(stream.pending() != nullptr);
  const auto sum = stream.sum();
  CHECK(at::equal(sum, y * gate + x));
  CHECK(copy.pending() == nullptr);
  CHECK(copy.sum().is_same(sum));
  CHECK(other.pending() != nullptr);
}

TEST_CASE("fused chains add to a stream when its norm is read") {
  const auto over = GENERATE(RowNorm::kLayer, RowNorm::kRms);
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  std::map<std::string, int> calls;
  const auto fused = nn::fused_elementwise(std::make_unique<test::AtenKernels>(&calls));
  const auto& plain = nn::reference_elementwise();
  auto drawn = [&](at::IntArrayRef sizes, uint64_t seed) { return random(sizes, seed).to(type); };
  const auto x = drawn({1, 5, 16}, 1), y = drawn({1, 5, 16}, 2), z = drawn({1, 5, 16}, 3);
  const auto rows = nn::token_rows(at::tensor({2, 2, 0, 0, 1}, at::kLong), at::kCPU);
  const auto vectors = drawn({3, 4, 16}, 4);  // as a table has them: rows lie apart
  auto place = [&](int64_t i) { return vectors.select(1, i); };
  // As long as a row: in bfloat16 the reference rounds after every operator.
  auto check = [&](const at::Tensor& got, const at::Tensor& want) {
    const auto difference = (got.to(at::kFloat) - want.to(at::kFloat)).abs().max().item<float>();
    CHECK(difference <= (type == at::kFloat ? 0.0F : 0.1F));
  };
  auto through = [&](const nn::Elementwise& by) {
    std::vector<at::Tensor> seen;
    nn::Residual stream = x;
    seen.push_back(by.normed(stream, {over, 1e-6}));
    stream = by.added(stream, y.clone(), {place(0), &rows});
    const auto before = stream;
    seen.push_back(by.normed(stream, {over, 1e-6}, {place(1), place(2), &rows}));
    seen.push_back(by.normed(before, {over, 1e-6}, {place(3), place(0), &rows}));
    stream = by.added(stream, z.clone());
    seen.push_back(by.normed(stream, {over, 1e-6}));
    seen.push_back(stream.sum());
    // Added to twice without a norm between.
    stream = by.added(by.added(before, y.clone()), z.clone(), {place(1).narrow(0, 0, 1)});
    seen.push_back(stream.sum());
    return seen;
  };
  const auto got = through(*fused), want = through(plain);
  for (size_t i = 0; i < want.size(); ++i) {
    CAPTURE(i);
    check(got[i], want[i]);
  }
  CHECK(calls.at("residual_gate_norm_modulate") == 2);
  CHECK(calls.at("norm_modulate") == 2);
}

TEST_CASE("a head without positions is normed only") {
  const auto x = random({1, 4, 16}, 6), weight = random({8}, 7);
  const auto got = at::empty({1, 4, 1, 2, 8});
  nn::reference_elementwise().normed_turned(x, weight, 1e-6, {}, got);
  CHECK(at::equal(got, nn::rms_normed(x.view(got.sizes()), 1e-6) * weight));
}

TEST_CASE("heads are written into groups that lie apart as into one memory") {
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto x = random({1, 5, 24}, 15).to(type), weight = random({6}, 16).to(type);
  const nn::Rotary rotary{at::complex(random({5, 1, 3}, 17), random({5, 1, 3}, 18))};
  const auto row = random({24}, 19).to(type), cos = random({5, 4, 3}, 20),
             sin = random({5, 4, 3}, 21);
  const auto whole = at::empty({1, 5, 1, 4, 6}, x.options());
  // As an exchange wants them: [groups, tokens, of several parts one, heads, width].
  const auto apart = at::zeros({2, 5, 3, 2, 6}, x.options());
  const auto groups = apart.select(2, 1).transpose(0, 1).unsqueeze(0);
  const auto& by = nn::reference_elementwise();
  SECTION("head by head") {
    by.normed_turned(x, weight, 1e-6, rotary, whole);
    by.normed_turned(x, weight, 1e-6, rotary, groups);
  }
  SECTION("row by row") {
    by.row_normed_turned(x, row, 1e-6, cos, sin, whole);
    by.row_normed_turned(x, row, 1e-6, cos, sin, groups);
  }
  SECTION("row by row, with a table of other heads than those here") {
    const auto wide_cos = random({5, 1, 12}, 22), wide_sin = random({5, 1, 12}, 23);
    by.row_normed_turned(x, row, 1e-6, wide_cos, wide_sin, whole);
    by.row_normed_turned(x, row, 1e-6, wide_cos, wide_sin, groups);
  }
  CHECK(at::equal(groups.reshape({5, 24}), whole.reshape({5, 24})));
  CHECK(at::equal(apart.select(2, 0), at::zeros({2, 5, 2, 6}, x.options())));
}

TEST_CASE("tokens are normed and modulated by the rows they take") {
  const auto x = random({1, 5, 16}, 8), scale = random({3, 16}, 9), shift = random({3, 16}, 10);
  const auto rows = at::tensor({2, 2, 0, 0, 1}, at::kLong);
  const auto which = nn::token_rows(rows, at::kCPU);
  const auto& by = nn::reference_elementwise();
  const nn::Norm norm{RowNorm::kRms, 1e-6};
  CHECK(at::equal(
      by.normed(x, norm, {scale, shift, &which}),
      nn::rms_normed(x, 1e-6) * scale.index_select(0, rows) + shift.index_select(0, rows)));
  CHECK(
      at::equal(by.normed(x, norm, {scale, shift}), nn::rms_normed(x, 1e-6) * scale[0] + shift[0]));
}

TEST_CASE("a row is normed whole and its heads' halves turn") {
  const auto x = random({1, 5, 24}, 11), weight = random({24}, 12);
  const auto cos = random({5, 3, 4}, 13), sin = random({5, 3, 4}, 14);
  const auto got = at::empty({1, 5, 1, 3, 8});
  nn::reference_elementwise().row_normed_turned(x, weight, 1e-6, cos, sin, got);
  const auto heads = (nn::rms_normed(x, 1e-6) * weight).unflatten(-1, {3, 8});
  const auto a = heads.narrow(-1, 0, 4), b = heads.narrow(-1, 4, 4);
  const auto want = at::cat({a * cos - b * sin, b * cos + a * sin}, -1);
  CHECK((got.squeeze(2) - want).abs().max().item<float>() < 1e-5F);
}

TEST_CASE("a program without the kernels says how they are built") {
  CHECK_THROWS_WITH(nn::fused_kernels("/nowhere/libkinema_kernels.so"),
                    Catch::Contains("/nowhere/libkinema_kernels.so cannot be loaded"));
}
