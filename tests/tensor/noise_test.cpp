// The noise is the reference's: torch.randn(shape,
// generator=torch.Generator("cpu").manual_seed(seed), dtype=dtype).
#include "tensor/noise.h"

namespace {

struct Drawn {
  at::ScalarType dtype;
  uint64_t seed;
  double first, second, last, sum;
};

}  // namespace

TEST_CASE("noise of a latent's shape is torch's, in each type") {
  // As printed by torch 2.11.0; other processors may round the last bit otherwise.
  const Drawn cases[] = {
      {at::kFloat, 0, -1.1258398294448853, -1.152360200881958, 0.47321051359176636,
       24.006836179934908},
      {at::kFloat, 1234567890123, -0.5685415267944336, -0.1992170363664627, 0.863479733467102,
       -14.578819669317454},
      {at::kBFloat16, 0, 1.4609375, 0.291015625, -1.40625, 8.590389251708984},
      {at::kBFloat16, 1234567890123, 0.546875, 1.0078125, -1.21875, -0.4750213623046875},
      {at::kHalf, 0, -0.9013671875, 0.4814453125, 0.08984375, -9.152057647705078},
  };
  for (const auto& want : cases) {
    CAPTURE(want.dtype, want.seed);
    const auto noise = kinema::tensor::initial_noise({1, 4, 3, 5, 7}, want.seed, want.dtype);
    CHECK(noise.scalar_type() == want.dtype);
    CHECK(noise.sizes() == at::IntArrayRef({1, 4, 3, 5, 7}));
    const auto flat = noise.flatten().to(at::kDouble);
    CHECK(flat[0].item<double>() == Approx(want.first).margin(1e-6));
    CHECK(flat[1].item<double>() == Approx(want.second).margin(1e-6));
    CHECK(flat[-1].item<double>() == Approx(want.last).margin(1e-6));
    CHECK(flat.sum().item<double>() == Approx(want.sum).margin(1e-4));
  }
}

TEST_CASE("a draw depends on its seed alone") {
  const auto first = kinema::tensor::initial_noise({64}, 7, at::kFloat);
  kinema::tensor::initial_noise({5}, 8, at::kFloat);
  CHECK(at::equal(first, kinema::tensor::initial_noise({64}, 7, at::kFloat)));
  CHECK_FALSE(at::equal(first, kinema::tensor::initial_noise({64}, 8, at::kFloat)));
}
