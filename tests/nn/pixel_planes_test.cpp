// RGB to the planes of 4:2:0: what known colours become, and the kernels' seam. Against libswscale:
// tests/kernels/pixel_planes_test.cpp.
#include "nn/pixel_planes.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"

namespace kinema::nn {
namespace {

struct Planes {
  at::Tensor y, u, v;
};

// Of one frame of one colour, or of any [H, W, 3].
Planes planes_of(const at::Tensor& rgb) {
  const auto all = PixelPlanes()(rgb.unsqueeze(0)).flatten();
  const int64_t height = rgb.size(0), width = rgb.size(1), pixels = height * width;
  return {all.narrow(0, 0, pixels).view({height, width}),
          all.narrow(0, pixels, pixels / 4).view({height / 2, width / 2}),
          all.narrow(0, pixels * 5 / 4, pixels / 4).view({height / 2, width / 2})};
}

bool all_are(const at::Tensor& x, int level) { return x.eq(level).all().item<bool>(); }

}  // namespace

TEST_CASE("One colour becomes one level in each plane, by BT.709", "[pixels]") {
  struct Known {
    int red, green, blue, y, u, v;
  };
  // The limits of the range, and the primaries: 16 + 219 k; 128 + 224 / 2 for blue, for red.
  for (const auto& [r, g, b, y, u, v] : {Known{0, 0, 0, 16, 128, 128},
                                         {255, 255, 255, 235, 128, 128},
                                         {255, 0, 0, 63, 102, 240},
                                         {0, 255, 0, 173, 42, 26},
                                         {0, 0, 255, 32, 240, 118}}) {
    CAPTURE(r, g, b);
    const auto colour = at::tensor({r, g, b}, at::kByte);
    const auto planes = planes_of(colour.expand({18, 20, 3}).contiguous());
    CHECK((all_are(planes.y, y) && all_are(planes.u, u) && all_are(planes.v, v)));
  }
}

TEST_CASE("A frame's planes do not depend on the frames beside it", "[pixels]") {
  at::manual_seed(2);
  const auto clip = at::randint(0, 256, {3, 16, 34, 3}, at::kByte);
  const auto planes = PixelPlanes()(clip);
  CHECK(planes.sizes() == at::IntArrayRef({3, 24, 34}));
  CHECK(planes.is_contiguous());
  for (int64_t f = 0; f < 3; ++f)
    CHECK(at::equal(planes.narrow(0, f, 1), PixelPlanes()(clip.narrow(0, f, 1))));
}

TEST_CASE("Chroma lies on the left pixel and between two rows", "[pixels]") {
  // A red column on an even place is seen by its own sample most and by both neighbours alike.
  auto column = at::zeros({16, 32, 3}, at::kByte);
  column.select(1, 16).select(1, 0).fill_(255);
  const auto across = planes_of(column).v[4];
  CHECK(across[8].item<int>() > across[7].item<int>());
  CHECK(across[7].item<int>() == across[9].item<int>());
  // A red row on an odd place is the lower one of its sample's two; the next sample's upper one
  // would be seen as much.
  auto row = at::zeros({32, 16, 3}, at::kByte);
  row[16].select(1, 0).fill_(255);
  auto other = at::zeros({32, 16, 3}, at::kByte);
  other[17].select(1, 0).fill_(255);
  const auto upper = planes_of(row).v.select(1, 4), lower = planes_of(other).v.select(1, 4);
  CHECK(upper[8].item<int>() == lower[8].item<int>());
  CHECK(upper[7].item<int>() > lower[7].item<int>());
  CHECK(upper[9].item<int>() < lower[9].item<int>());
}

TEST_CASE("Odd and tiny pictures have no planes", "[pixels]") {
  CHECK(has_planes(16, 16));
  CHECK(has_planes(848, 480));
  CHECK(!has_planes(847, 480));
  CHECK(!has_planes(848, 481));
  CHECK(!has_planes(14, 480));
  CHECK_THROWS_WITH(fused_pixel_planes("/nowhere/libkinema_kernels.so"),
                    Catch::Contains("/nowhere/libkinema_kernels.so cannot be loaded"));
}

}  // namespace kinema::nn
