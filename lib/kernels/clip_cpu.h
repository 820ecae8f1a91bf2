// Loops of video autoencoders that LibTorch's CPU operators do in many passes, here in one. The
// same bits on every CPU.
#pragma once

#include <cstdint>

namespace kinema::kernels {

// The upper half of a float's bits.
struct Bfloat16 {
  uint16_t bits;
};

// For each position: out = SiLU(x / max(|x|, 1e-12) * scale), |x| the length of its channels,
// float32 inside. `x` and `out` are [positions, channels], `scale` [channels].
void silu_normed(
    const float* x, const float* scale, float* out, int64_t positions, int64_t channels);
void silu_normed(
    const Bfloat16* x, const float* scale, Bfloat16* out, int64_t positions, int64_t channels);

// out[i] = h[i] + x[i / repeats] for i < count, a multiple of repeats.
void add_repeated(const float* h, const float* x, float* out, int64_t count, int64_t repeats);
void add_repeated(
    const Bfloat16* h, const Bfloat16* x, Bfloat16* out, int64_t count, int64_t repeats);

}  // namespace kinema::kernels
