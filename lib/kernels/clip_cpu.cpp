// Written so that the compiler vectorises it: fixed numbers of lanes, no branches inside, and the
// heavy loop once for each generation of x86. Sums run over eight lanes everywhere and nothing is
// contracted, so the bits do not depend on which.
#include "kernels/clip_cpu.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

namespace kinema::kernels {
namespace {

constexpr int64_t kLanes = 8, kWideLanes = 32;
constexpr int64_t kBlock = 2048;  // floats that stay in the first cache

[[gnu::always_inline]] inline float load(float x) { return x; }
[[gnu::always_inline]] inline float load(Bfloat16 x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16U);
}

[[gnu::always_inline]] inline void store(float* out, float x) { *out = x; }
// Rounds to nearest, ties to even; a NaN's upper bits are not all zero in practice, so that it
// stays one.
[[gnu::always_inline]] inline void store(Bfloat16* out, float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  out->bits = static_cast<uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

// e^x to about an ulp for |x| <= 87 (beyond it stays at the limit): 2^n times a polynomial of what
// is left.
[[gnu::always_inline]] inline float exponential(float x) {
  constexpr float kLimit = 87.0F, kLog2E = 1.44269504F, kLn2High = 0.693359375F,
                  kLn2Low = -2.12194440e-4F;
  constexpr float kRounder =
      12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the lowest bits
  x = std::min(std::max(x, -kLimit), kLimit);
  const float rounded = x * kLog2E + kRounder;
  const float whole = rounded - kRounder;
  const float r = x - whole * kLn2High - whole * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const uint32_t exponent = (std::bit_cast<uint32_t>(rounded) - std::bit_cast<uint32_t>(kRounder))
                            << 23U;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(p) + exponent);
}

template <typename T>
[[gnu::always_inline]] inline float length(const T* x, int64_t channels) {
  std::array<float, kLanes> sums{};
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += load(x[c + lane]) * load(x[c + lane]);
  }
  for (; c < channels; ++c) sums[c % kLanes] += load(x[c]) * load(x[c]);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return std::sqrt(sums[0]);
}

template <typename T>
[[gnu::always_inline]] inline void directly(
    const T* x, const float* scale, T* out, int64_t positions, int64_t channels) {
  for (int64_t i = 0; i < positions; ++i, x += channels, out += channels) {
    const float inverse = 1.0F / std::max(length(x, channels), 1e-12F);
    for (int64_t c = 0; c < channels; ++c) {
      const float y = load(x[c]) * inverse * scale[c];
      store(out + c, y / (1.0F + exponential(-y)));
    }
  }
}

[[gnu::always_inline]] inline void silu_normed_loop(
    const float* x, const float* scale, float* out, int64_t positions, int64_t channels) {
  directly(x, scale, out, positions, channels);
}

[[gnu::always_inline]] inline void silu_normed_loop(
    const Bfloat16* x, const float* scale, Bfloat16* out, int64_t positions, int64_t channels) {
  if (channels % kWideLanes == 0) return directly(x, scale, out, positions, channels);
  // A few positions at a time through float32: conversions that do not end at every position are
  // vectorised better.
  const int64_t block = std::max<int64_t>(1, kBlock / channels);
  std::vector<float> values(block * channels);
  for (int64_t begin = 0; begin < positions; begin += block) {
    const int64_t now = std::min(block, positions - begin), first = begin * channels;
    for (int64_t i = 0; i < now * channels; ++i) values[i] = load(x[first + i]);
    directly(values.data(), scale, values.data(), now, channels);
    for (int64_t i = 0; i < now * channels; ++i) store(out + first + i, values[i]);
  }
}

#ifdef __x86_64__
template <typename T>
[[gnu::target("arch=x86-64-v4")]] void silu_normed_v4(
    const T* x, const float* scale, T* out, int64_t positions, int64_t channels) {
  silu_normed_loop(x, scale, out, positions, channels);
}

template <typename T>
[[gnu::target("arch=x86-64-v3")]] void silu_normed_v3(
    const T* x, const float* scale, T* out, int64_t positions, int64_t channels) {
  silu_normed_loop(x, scale, out, positions, channels);
}

template <typename T>
void silu_normed_best(const T* x, const float* scale, T* out, int64_t positions, int64_t channels) {
  if (__builtin_cpu_supports("x86-64-v4"))
    return silu_normed_v4(x, scale, out, positions, channels);
  if (__builtin_cpu_supports("x86-64-v3"))
    return silu_normed_v3(x, scale, out, positions, channels);
  silu_normed_loop(x, scale, out, positions, channels);
}
#else
template <typename T>
void silu_normed_best(const T* x, const float* scale, T* out, int64_t positions, int64_t channels) {
  silu_normed_loop(x, scale, out, positions, channels);
}
#endif

// The number of repeats known to the compiler, or 0.
template <int64_t kRepeats, typename T>
void add_repeated_loop(const T* h, const T* x, T* out, int64_t count, int64_t repeats) {
  const int64_t times = kRepeats > 0 ? kRepeats : repeats;
  for (int64_t i = 0; i < count / times; ++i) {
    for (int64_t j = 0; j < times; ++j)
      store(out + i * times + j, load(h[i * times + j]) + load(x[i]));
  }
}

template <typename T>
void add_repeated_any(const T* h, const T* x, T* out, int64_t count, int64_t repeats) {
  switch (repeats) {
    case 1:
      return add_repeated_loop<1>(h, x, out, count, repeats);
    case 2:
      return add_repeated_loop<2>(h, x, out, count, repeats);
    case 4:
      return add_repeated_loop<4>(h, x, out, count, repeats);
    case 8:
      return add_repeated_loop<8>(h, x, out, count, repeats);
    default:
      return add_repeated_loop<0>(h, x, out, count, repeats);
  }
}

}  // namespace

void silu_normed(
    const float* x, const float* scale, float* out, int64_t positions, int64_t channels) {
  silu_normed_best(x, scale, out, positions, channels);
}
void silu_normed(
    const Bfloat16* x, const float* scale, Bfloat16* out, int64_t positions, int64_t channels) {
  silu_normed_best(x, scale, out, positions, channels);
}

void add_repeated(const float* h, const float* x, float* out, int64_t count, int64_t repeats) {
  add_repeated_any(h, x, out, count, repeats);
}
void add_repeated(
    const Bfloat16* h, const Bfloat16* x, Bfloat16* out, int64_t count, int64_t repeats) {
  add_repeated_any(h, x, out, count, repeats);
}

}  // namespace kinema::kernels
