// The norm against its formula.
#include "nn/channel_norm.h"

#include <cmath>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

at::Tensor formula(const at::Tensor& x, const at::Tensor& gamma) {
  const auto length = x.norm(2, {3}, true).clamp_min(1e-12);
  return x / length * std::sqrt(static_cast<double>(x.size(3))) * gamma.flatten();
}

}  // namespace

TEST_CASE("channels are normalised position by position", "[channel_norm]") {
  for (const int64_t channels : {3, 16, 200}) {
    test::MapSource source({{"gamma", at::randn({channels, 1, 1, 1})}});
    const ChannelNorm norm(ParamScope(source), channels);
    auto x = at::randn({3, 70, 9, channels});
    x[1][2][3].zero_();
    const auto want = formula(x, source.tensors().at("gamma"));
    CHECK(test::scaled_difference(norm(x), want) < 1e-6);

    auto room = at::full({3, 72, 11, channels}, 7.0);
    norm.silu_into(room.narrow(1, 1, 70).narrow(2, 1, 9), x);
    CHECK(test::scaled_difference(room.narrow(1, 1, 70).narrow(2, 1, 9), at::silu(want)) < 1e-6);
    CHECK(at::equal(room.select(1, 0), at::full({3, 11, channels}, 7.0)));
  }
}

TEST_CASE("half types are normalised in float32", "[channel_norm]") {
  const auto gamma = at::randn({24, 1, 1, 1}).to(at::kBFloat16);
  test::MapSource source({{"gamma", gamma}});
  const ChannelNorm norm(ParamScope(source), 24);
  const auto x = at::randn({2, 5, 4, 24}).to(at::kBFloat16);
  const auto want = formula(x.to(at::kFloat), gamma.to(at::kFloat));
  CHECK(at::equal(norm(x), want.to(at::kBFloat16)));
  auto out = at::empty_like(x);
  norm.silu_into(out, x);
  CHECK(test::scaled_difference(out.to(at::kFloat), at::silu(want)) < 1.0 / 256);
}

}  // namespace kinema::nn
