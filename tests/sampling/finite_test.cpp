// A run with a NaN ends by name.
#include "sampling/finite.h"

#include <limits>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"

namespace kinema::sampling {

TEST_CASE("Finite latents pass, whatever their size", "[finite]") {
  require_finite(at::full({2, 3}, 3e38F), "here");
  require_finite(at::full({2, 3}, -3e38F, at::kBFloat16), "here");
  require_finite(at::empty({0}), "here");
}

TEST_CASE("One bad value names the step", "[finite]") {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity()}) {
    auto latents = at::zeros({4, 5});
    latents[3][2] = bad;
    CHECK_THROWS_WITH(require_finite(latents, "denoising, step 3 of 50"),
                      Catch::StartsWith("denoising, step 3 of 50: "));
    CHECK_THROWS_AS(require_finite(latents.to(at::kBFloat16), "x"), Error);
  }
}

}  // namespace kinema::sampling
