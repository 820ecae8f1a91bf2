// A run with a NaN ends by name.
#include "sampling/finite.h"

#include <limits>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"

namespace kinema::sampling {
namespace {

void check(const at::Tensor& values, const std::string& where) {
  FiniteCheck().look({values}, where);
}

}  // namespace

TEST_CASE("Finite latents pass, whatever their size", "[finite]") {
  CHECK_NOTHROW(check(at::full({2, 3}, 3e38F), "here"));
  CHECK_NOTHROW(check(at::full({2, 3}, -3e38F, at::kBFloat16), "here"));
  CHECK_NOTHROW(check(at::empty({0}), "here"));
}

TEST_CASE("One bad value names the step", "[finite]") {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity()}) {
    auto latents = at::zeros({4, 5});
    latents[3][2] = bad;
    CHECK_THROWS_WITH(check(latents, "denoising, step 3 of 50"),
                      Catch::StartsWith("denoising, step 3 of 50: "));
    CHECK_THROWS_AS(check(latents.to(at::kBFloat16), "x"), Error);
    CHECK_THROWS_AS(FiniteCheck().look({at::zeros({2}), latents}, "x"), Error);
  }
}

TEST_CASE("After a bad step nothing of it is left", "[finite]") {
  FiniteCheck finite;
  CHECK_THROWS_AS(finite.look({at::full({2}, INFINITY)}, "x"), Error);
  CHECK_NOTHROW(finite.settle());
  CHECK_NOTHROW(finite.look({at::zeros({2})}, "y"));
}

}  // namespace kinema::sampling
