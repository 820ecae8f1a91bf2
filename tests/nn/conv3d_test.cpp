// The convolution against LibTorch's, and its promise about bits.
#include "nn/conv3d.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

struct Layer {
  test::MapSource source;
  Conv3d conv;

  Layer(int64_t in, int64_t out, at::ScalarType type)
      : source({{"weight", at::randn({out, in, 3, 3, 3}).to(type)},
                {"bias", at::randn({out}).to(type)}}),
        conv(ParamScope(source), in, out, 3) {}
  const at::Tensor& operator[](const std::string& name) const { return source.tensors().at(name); }
};

}  // namespace

TEST_CASE("a clip is convolved as LibTorch does it", "[conv3d]") {
  for (const auto& [in, out] : {std::pair<int64_t, int64_t>{3, 8}, {8, 3}, {16, 32}, {5, 7}}) {
    const Layer layer(in, out, at::kFloat);
    const auto x = at::randn({5, 6, 9, in});
    const auto want =
        at::conv3d(x.permute({3, 0, 1, 2}).unsqueeze(0), layer["weight"], layer["bias"]);
    const auto got = layer.conv(x);
    CHECK(got.is_contiguous());
    CHECK(test::scaled_difference(got, want.squeeze(0).permute({1, 2, 3, 0})) < 1e-6);

    const auto sum = at::randn_like(got);
    const auto total = layer.conv.added_to(sum.clone(), x);
    CHECK(test::scaled_difference(total, got + sum) < 1e-6);
  }
}

TEST_CASE("a frame's result does not depend on the others with it", "[conv3d]") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const auto& [channels, side] :
         {std::pair<int64_t, int64_t>{4, 3}, {16, 40}, {40, 18}, {192, 5}}) {
      const Layer layer(channels, channels, type);
      const auto x = at::randn({9, side, side + 1, channels}).to(type);
      const auto whole = layer.conv(x);
      for (int64_t t = 0; t < 7; ++t) {
        CHECK(at::equal(layer.conv(x.narrow(0, t, 3)), whole.narrow(0, t, 1)));
      }
      CHECK(at::equal(layer.conv(x.narrow(0, 2, 6)), whole.narrow(0, 2, 4)));
    }
  }
}

TEST_CASE("types without a fast back end are convolved too", "[conv3d]") {
  const Layer layer(3, 4, at::kDouble);
  const auto x = at::randn({4, 5, 6, 3}, at::kDouble);
  const auto want =
      at::conv3d(x.permute({3, 0, 1, 2}).unsqueeze(0), layer["weight"], layer["bias"]);
  CHECK(at::allclose(layer.conv(x), want.squeeze(0).permute({1, 2, 3, 0})));
}

}  // namespace kinema::nn
