// Layers against their formulas.
#include "nn/layers.h"

#include <cmath>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

using test::MapSource;
using test::scaled_difference;

class Doubling : public MapSource {
 public:
  using MapSource::MapSource;
  weights::OutputOp after(const std::string&) const override {
    return [](at::Tensor y) { return y * 2; };
  }
};

}  // namespace

TEST_CASE("A linear layer adds its bias behind what follows the product", "[layers]") {
  at::manual_seed(1);
  auto x = at::randn({2, 3, 4}), w = at::randn({5, 4}), b = at::randn({5});
  Doubling doubling({{"weight", w}, {"bias", b}});
  CHECK(scaled_difference(Linear(ParamScope(doubling), 4, 5)(x), at::matmul(x, w.t()) * 2 + b) <
        1e-6);
  MapSource plain({{"weight", w}, {"bias", b}});
  CHECK(at::equal(Linear(ParamScope(plain), 4, 5)(x), at::linear(x, w, b)));
  CHECK(at::equal(Linear(ParamScope(plain), 4, 5, Bias::kNone)(x), at::linear(x, w)));
  CHECK(at::equal(Linear(ParamScope(plain), 4, -1)(x), at::linear(x, w, b)));
  CHECK_THROWS(Linear(ParamScope(plain), 5, 4));
}

TEST_CASE("The RMS norm takes statistics in float32 and rounds before the weight", "[layers]") {
  at::manual_seed(2);
  auto x = at::randn({3, 7, 16}).to(at::kBFloat16), w = at::randn({16}).to(at::kBFloat16);
  MapSource source({{"weight", w}});
  auto wide = x.to(at::kFloat);
  auto normed = wide * at::rsqrt(wide.pow(2).mean(-1, true) + 1e-6);
  auto got = RmsNorm(ParamScope(source), 16, 1e-6)(x);
  CHECK(got.scalar_type() == at::kBFloat16);
  CHECK(at::equal(got, normed.to(at::kBFloat16) * w));
}

TEST_CASE("The RMS norm of heads rounds once, whatever their width", "[layers]") {
  at::manual_seed(2);
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const int64_t width = GENERATE(16, 96, 128);
  const auto x = at::randn({1, 7, 1, 3, width}).to(type), wide = x.to(at::kFloat);
  const auto normed = wide * at::rsqrt(wide.pow(2).mean(-1, true) + 1e-6);
  CHECK(at::equal(rms_normed(x, 1e-6), normed.to(type)));
}

TEST_CASE("The RMS norm leaves its input alone", "[layers]") {
  at::manual_seed(3);
  auto x = at::randn({2, 8}), before = x.clone();
  MapSource source({{"weight", at::ones({8}) * 3}});
  RmsNorm(ParamScope(source), 8, 1e-6)(x);
  CHECK(at::equal(x, before));
}

TEST_CASE("Layer norms have the variance over all channels, biased", "[layers]") {
  at::manual_seed(4);
  auto x = at::randn({2, 3, 8}) * 5 + 1, w = at::randn({8}), b = at::randn({8});
  auto centred = x - x.mean(-1, true);
  auto want = centred / (centred.pow(2).mean(-1, true) + 1e-5).sqrt();
  MapSource source({{"weight", w}, {"bias", b}});
  CHECK(scaled_difference(LayerNorm(ParamScope(source), 8, 1e-5)(x), want * w + b) < 1e-6);
  CHECK(scaled_difference(layer_normed(x, 1e-5), want) < 1e-6);
}

TEST_CASE("Sinusoids put cosines first", "[layers]") {
  auto got = sinusoid(at::tensor({0.0F, 750.5F}), 256);
  REQUIRE(got.sizes() == at::IntArrayRef({2, 256}));
  for (int64_t k : {0, 1, 64, 127}) {
    const double angle = 750.5 * std::exp(-std::log(10000.0) * static_cast<double>(k) / 128);
    CHECK(got[0][k].item<float>() == 1.0F);
    CHECK(got[0][128 + k].item<float>() == 0.0F);
    CHECK(std::abs(got[1][k].item<double>() - std::cos(angle)) < 1e-4);
    CHECK(std::abs(got[1][128 + k].item<double>() - std::sin(angle)) < 1e-4);
  }
}

TEST_CASE("The feed-forward's activation is the one asked for", "[layers]") {
  at::manual_seed(5);
  auto x = at::randn({1, 3, 4}), w1 = at::randn({6, 4}), b1 = at::randn({6});
  auto w2 = at::randn({4, 6}), b2 = at::randn({4});
  MapSource source({{"net.0.proj.weight", w1},
                    {"net.0.proj.bias", b1},
                    {"net.2.weight", w2},
                    {"net.2.bias", b2}});
  auto h = at::linear(x, w1, b1);
  CHECK(at::equal(FeedForward(ParamScope(source), 4, 6, Activation::kSilu)(x),
                  at::linear(at::silu(h), w2, b2)));
  CHECK(at::equal(FeedForward(ParamScope(source), 4, 6, Activation::kGeluTanh)(x),
                  at::linear(at::gelu(h, "tanh"), w2, b2)));
}

}  // namespace kinema::nn
