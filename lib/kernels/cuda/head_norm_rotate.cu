// A few neighbouring threads a head of a token: its channels never leave their registers.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"

namespace kinema::kernels {
namespace {

// `threads` a head, a power of two that divides a warp.
template <typename T>
__global__ void __launch_bounds__(kMostThreads)
    head_norm_rotate(const HeadNormRotate work, const int threads) {
  const int64_t thread = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t index = thread / threads, token = index / work.heads, head = index % work.heads;
  const int at = static_cast<int>(thread % threads) * kVector;
  // Nobody leaves before the sum, which needs whole warps.
  const bool here = index < work.tokens * work.heads && at < work.head_dim;
  float x[kVector] = {};
  if (here) load(static_cast<const T*>(work.x) + token * work.x_token + head * work.x_head + at, x);
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kVector; ++i) squares += x[i] * x[i];
  const float mean = neighbours_sum(squares, threads) / static_cast<float>(work.head_dim);
  if (!here) return;
  const float inverse = rsqrtf(mean + work.eps);
  float weight[kVector];
  load(static_cast<const T*>(work.weight) + at, weight);
#pragma unroll
  for (int i = 0; i < kVector; ++i) x[i] = x[i] * inverse * weight[i];
  if (work.turns != nullptr) {
    const float* turn = work.turns + token * work.head_dim + at;
#pragma unroll
    for (int i = 0; i < kVector; i += 2) {
      const float real = x[i] * turn[i] - x[i + 1] * turn[i + 1];
      x[i + 1] = x[i] * turn[i + 1] + x[i + 1] * turn[i];
      x[i] = real;
    }
  }
  store(x, static_cast<T*>(work.out) + token * work.out_token + head * work.out_head + at);
}

}  // namespace

cudaError_t launch(const HeadNormRotate& work, cudaStream_t stream) {
  int threads = 1;
  while (threads * kVector < work.head_dim) threads *= 2;
  const int64_t all = work.tokens * work.heads * threads;
  if (all == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((all + kMostThreads - 1) / kMostThreads);
  if (work.element == Element::kFloat32) {
    head_norm_rotate<float><<<blocks, kMostThreads, 0, stream>>>(work, threads);
  } else {
    head_norm_rotate<__nv_bfloat16><<<blocks, kMostThreads, 0, stream>>>(work, threads);
  }
  return cudaGetLastError();
}

}  // namespace kinema::kernels
