// Positions against the reference's tables and its formula.
#include "nn/rotary.h"

#include <cmath>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/tensors.h"

namespace kinema::nn {

TEST_CASE("Tables are the reference's, to the bit", "[rotary]") {
  auto expected = test::stored_tensors("hunyuan15/t2v/expected.safetensors");
  auto rotary = grid_rotary({3, 5, 7}, {4, 6, 6}, 256.0, at::empty({0}));
  auto turns = rotary.turns.squeeze(1);
  // The reference stores each angle twice, once for either channel of a pair.
  CHECK(at::equal(at::real(turns).repeat_interleave(2, 1), expected.at("rope_cos")));
  CHECK(at::equal(at::imag(turns).repeat_interleave(2, 1), expected.at("rope_sin")));
}

TEST_CASE("The released first axis turns by powers of one half", "[rotary]") {
  auto rotary = grid_rotary({4, 1, 1}, {16, 56, 56}, 256.0, at::empty({0}));
  for (int64_t i = 0; i < 8; ++i) {
    auto want = at::scalar_tensor(3.0F * std::pow(0.5F, static_cast<float>(i)), at::kFloat);
    CHECK(at::equal(at::real(rotary.turns[3][0][i]), want.cos()));
  }
}

TEST_CASE("Adjacent channels turn together, in float32", "[rotary]") {
  at::manual_seed(1);
  auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  auto rotary = grid_rotary({2, 3, 5}, {4, 6, 6}, 256.0, at::empty({0}));
  auto x = at::randn({1, 30, 3, 16}).to(dtype);
  auto cos = at::real(rotary.turns), sin = at::imag(rotary.turns);
  auto even = x.to(at::kFloat).slice(-1, 0, 16, 2), odd = x.to(at::kFloat).slice(-1, 1, 16, 2);
  auto want = at::stack({even * cos - odd * sin, odd * cos + even * sin}, -1).flatten(-2).to(dtype);
  const auto to = at::empty({1, 30, 1, 3, 16}, x.options());
  rotate_into(to, x.unsqueeze(2), rotary);
  CHECK(at::equal(to.squeeze(2), want));
}

}  // namespace kinema::nn
