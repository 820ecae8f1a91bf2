// Rows of tokens in registers: vector loads and sums over a block of threads.
#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_runtime.h>

namespace kinema::kernels {

// Elements one thread loads at a time: 16 bytes of bfloat16, 32 of float32.
constexpr int kVector = 8;
constexpr int kWarp = 32;
constexpr int kMostThreads = 256;

template <typename T>
struct alignas(sizeof(T) * kVector) Packed {
  T at[kVector];
};

__device__ inline float wide(float x) { return x; }
__device__ inline float wide(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ inline void narrow(float x, float& out) { out = x; }
__device__ inline void narrow(float x, __nv_bfloat16& out) { out = __float2bfloat16_rn(x); }
// As it is stored and read again.
template <typename T>
__device__ inline float rounded(float x) {
  T stored;
  narrow(x, stored);
  return wide(stored);
}

template <typename T>
__device__ inline void load(const T* from, float (&to)[kVector]) {
  const auto packed = *reinterpret_cast<const Packed<T>*>(from);
#pragma unroll
  for (int i = 0; i < kVector; ++i) to[i] = wide(packed.at[i]);
}

template <typename T>
__device__ inline void store(const float (&from)[kVector], T* to) {
  Packed<T> packed;
#pragma unroll
  for (int i = 0; i < kVector; ++i) narrow(from[i], packed.at[i]);
  *reinterpret_cast<Packed<T>*>(to) = packed;
}

// Over neighbouring threads of a warp, on each of them; `threads` is a power of two.
__device__ inline float neighbours_sum(float x, int threads) {
  for (int step = threads / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}

// Over all threads of the block, on each of them; always in the same order.
__device__ inline float block_sum(float x) {
  __shared__ float parts[kMostThreads / kWarp];
  x = neighbours_sum(x, kWarp);
  const int warps = (static_cast<int>(blockDim.x) + kWarp - 1) / kWarp;
  if (threadIdx.x % kWarp == 0) parts[threadIdx.x / kWarp] = x;
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < warps; ++w) sum += parts[w];
  __syncthreads();  // the next sum uses the same memory
  return sum;
}

// Threads for a row of `width` elements, and how many vectors each then holds: 1, 2 or 4.
struct RowShape {
  int threads, vectors;
};
inline RowShape row_shape(int64_t width) {
  const int64_t needed = (width + kVector - 1) / kVector;
  int vectors = 1;
  while (needed > static_cast<int64_t>(kMostThreads) * vectors) vectors *= 2;
  const int64_t threads = (needed + vectors - 1) / vectors;
  return {static_cast<int>((threads + kWarp - 1) / kWarp * kWarp), vectors};
}

}  // namespace kinema::kernels
