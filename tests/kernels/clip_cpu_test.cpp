// The loops against their formulas in double, for widths with and without a tail.
#include "kernels/clip_cpu.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace kinema::kernels {
namespace {

std::vector<float> random_values(size_t count, float deviation) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (auto& value : values) value = normal(random);
  return values;
}

Bfloat16 rounded(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return {static_cast<uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U)};
}

float widened(Bfloat16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16U); }

double formula(const float* x, const float* scale, int64_t channels, int64_t c) {
  double squares = 0;
  for (int64_t i = 0; i < channels; ++i) squares += static_cast<double>(x[i]) * x[i];
  const double y = x[c] / std::max(std::sqrt(squares), 1e-12) * scale[c];
  return y / (1 + std::exp(-y));
}

}  // namespace

TEST_CASE("positions are normalised and activated", "[clip]") {
  constexpr int64_t kPositions = 50;
  for (const int64_t channels : {1, 3, 8, 24, 32, 130}) {
    const auto x = random_values(kPositions * channels, 4);
    const auto scale = random_values(channels, 12);
    std::vector<float> out(x.size());
    silu_normed(x.data(), scale.data(), out.data(), kPositions, channels);
    std::vector<Bfloat16> half(x.size()), half_out(x.size());
    std::vector<float> exact(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      half[i] = rounded(x[i]);
      exact[i] = widened(half[i]);
    }
    silu_normed(half.data(), scale.data(), half_out.data(), kPositions, channels);
    for (int64_t i = 0; i < kPositions * channels; ++i) {
      const int64_t first = i / channels * channels;
      const double want = formula(x.data() + first, scale.data(), channels, i - first);
      REQUIRE(out[i] == Approx(want).epsilon(2e-6).margin(1e-12));
      const double want_half = formula(exact.data() + first, scale.data(), channels, i - first);
      REQUIRE(widened(half_out[i]) == Approx(want_half).epsilon(1.0 / 256).margin(1e-12));
    }
  }
}

TEST_CASE("a position of zeros stays zero and what is no number stays none", "[clip]") {
  const std::vector<float> scale(16, 2);
  std::vector<float> x(32, 0), out(32, 1);
  x[20] = std::numeric_limits<float>::quiet_NaN();
  silu_normed(x.data(), scale.data(), out.data(), 2, 16);
  for (int i = 0; i < 16; ++i) CHECK(out[i] == 0);
  for (int i = 16; i < 32; ++i) CHECK(std::isnan(out[i]));
}

TEST_CASE("far out SiLU is the identity or nothing", "[clip]") {
  const std::vector<float> x = {1, -1}, scale = {1000, 1000};
  std::vector<float> out(2);
  silu_normed(x.data(), scale.data(), out.data(), 1, 2);
  CHECK(out[0] == Approx(1000 / std::sqrt(2.0)));
  CHECK(std::abs(out[1]) < 1e-30F);
}

TEST_CASE("values are added to groups", "[clip]") {
  for (const int64_t repeats : {1, 2, 3, 4, 8}) {
    const int64_t count = 21 * repeats;
    const auto h = random_values(count, 1), x = random_values(21, 3);
    std::vector<float> out(count);
    add_repeated(h.data(), x.data(), out.data(), count, repeats);
    std::vector<Bfloat16> half_h(count), half_x(21), half_out(count);
    for (int64_t i = 0; i < count; ++i) half_h[i] = rounded(h[i]);
    for (int64_t i = 0; i < 21; ++i) half_x[i] = rounded(x[i]);
    add_repeated(half_h.data(), half_x.data(), half_out.data(), count, repeats);
    for (int64_t i = 0; i < count; ++i) {
      REQUIRE(out[i] == h[i] + x[i / repeats]);
      REQUIRE(half_out[i].bits == rounded(widened(half_h[i]) + widened(half_x[i / repeats])).bits);
    }
  }
}

}  // namespace kinema::kernels
