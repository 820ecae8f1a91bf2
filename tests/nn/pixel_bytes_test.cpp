// From values about -1..1 to bytes.
#include "nn/pixel_bytes.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

namespace kinema::nn {

TEST_CASE("A value becomes the nearest of 256 levels, halves the even one", "[pixels]") {
  // Levels 0, 127.5, 255, and beyond them on either side.
  const auto values = at::tensor({-1.0F, 0.0F, 1.0F, -3.0F, 7.0F, 1.0F / 255});
  const auto frames = values.view({1, 1, 2, 3}).expand({3, 1, 2, 3});
  const auto bytes = PixelBytes()(frames);
  REQUIRE(bytes.sizes() == at::IntArrayRef({1, 2, 3, 3}));
  CHECK(bytes.is_contiguous());
  const auto want = at::tensor({0, 128, 255, 0, 255, 128}, at::kByte).view({1, 2, 3, 1});
  CHECK(at::equal(bytes, want.expand({1, 2, 3, 3})));
}

TEST_CASE("Channels come last, whatever the frames' order in memory", "[pixels]") {
  at::manual_seed(1);
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto clip = at::rand({2, 4, 5, 3}).mul_(2).sub_(1).to(type);  // [F, H, W, 3]
  const auto bytes = pixel_bytes(ElementwiseBy::kOperators)->operator()(clip.permute({3, 0, 1, 2}));
  const auto want = ((clip.to(at::kFloat) * 0.5 + 0.5) * 255).round().to(at::kByte);
  CHECK(at::equal(bytes, want));
  CHECK(at::equal(unit_pixels(clip.permute({3, 0, 1, 2})), clip.to(at::kFloat) * 0.5 + 0.5));
}

}  // namespace kinema::nn
