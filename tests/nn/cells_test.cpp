// Spreading against plain views, in every type: the CPU's own loop and LibTorch's operators must
// agree.
#include "nn/cells.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

namespace kinema::nn {
namespace {

// h's channels are (frame, row, column, channel); x's are repeated until they are as many.
at::Tensor plainly_spread(const at::Tensor& parts, const at::Tensor& x, int64_t frames) {
  const int64_t T = x.size(0), H = x.size(1), W = x.size(2), c = parts.size(4);
  const auto sum = parts.flatten(3) + x.repeat_interleave(parts.size(3) * c / x.size(3), 3);
  return sum.view({T, H, W, frames, 2, 2, c})
      .permute({0, 3, 1, 4, 2, 5, 6})
      .reshape({frames * T, 2 * H, 2 * W, c});
}

}  // namespace

TEST_CASE("channels are spread over cells", "[cells]") {
  for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble}) {
    for (const int64_t frames : {1, 2}) {
      for (const int64_t repeats : {1, 2, 3, 4, 8}) {
        const int64_t share = 5, channels = repeats * share;
        // Only the first half of each part is used, so that parts lie apart.
        const auto wide = at::randn({3, 2, 4, frames * 4, 2 * channels}).to(type);
        const auto parts = wide.narrow(4, 0, channels);
        const auto x = at::randn({3, 2, 4, frames * 4 * share}).to(type);
        const auto out = at::empty({3 * frames, 4, 8, channels}, x.options());
        spread_sum(out, parts, x, frames);
        CHECK(at::equal(out, plainly_spread(parts, x, frames)));
      }
    }
  }
}

TEST_CASE("cells are views of their positions", "[cells]") {
  const auto clip = at::arange(2 * 4 * 6 * 3).view({2, 4, 6, 3});
  const auto by_cell = cells(clip, 2);
  REQUIRE(by_cell.sizes() == at::IntArrayRef{1, 2, 3, 2, 2, 2, 3});
  CHECK(at::equal(by_cell[0][1][2][1][0][1], clip[1][2][5]));
}

}  // namespace kinema::nn
