// One block of threads a token. The halves of a head that turn together are in different threads'
// vectors, so the normalised row goes through shared memory once.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"

namespace kinema::kernels {
namespace {

template <typename T>
__global__ void __launch_bounds__(kMostThreads) row_norm_rotate(const RowNormRotate work) {
  extern __shared__ float row[];
  const int64_t token = blockIdx.x;
  const int width = work.heads * work.head_dim, half = work.head_dim / 2;
  const auto* x = static_cast<const T*>(work.x) + token * work.x_token;
  const int step = static_cast<int>(blockDim.x) * kVector;
  float squares = 0;
  for (int at = static_cast<int>(threadIdx.x) * kVector; at < width; at += step) {
    float part[kVector];
    load(x + at, part);
#pragma unroll
    for (int i = 0; i < kVector; ++i) {
      squares += part[i] * part[i];
      row[at + i] = part[i];
    }
  }
  const float inverse = rsqrtf(block_sum(squares) / static_cast<float>(width) + work.eps);
  const auto* weight = static_cast<const T*>(work.weight);
  auto* out = static_cast<T*>(work.out) + token * work.out_token;
  const float* cos = work.cos == nullptr ? nullptr : work.cos + token * (width / 2);
  const float* sin = work.sin == nullptr ? nullptr : work.sin + token * (width / 2);
  for (int pair = static_cast<int>(threadIdx.x); pair < width / 2; pair += blockDim.x) {
    const int first = pair / half * work.head_dim + pair % half, second = first + half;
    float a = row[first] * inverse * wide(weight[first]);
    float b = row[second] * inverse * wide(weight[second]);
    if (cos != nullptr) {
      const float turned = a * cos[pair] - b * sin[pair];
      b = b * cos[pair] + a * sin[pair];
      a = turned;
    }
    // Both halves of a head are in one group.
    auto* group = out + first / work.group_width * work.out_group;
    narrow(a, group[first % work.group_width]);
    narrow(b, group[second % work.group_width]);
  }
}

}  // namespace

cudaError_t launch(const RowNormRotate& work, cudaStream_t stream) {
  if (work.tokens == 0) return cudaSuccess;
  const int width = work.heads * work.head_dim;
  const auto shape = row_shape(width);
  const auto blocks = static_cast<unsigned>(work.tokens);
  const size_t shared = static_cast<size_t>(width) * sizeof(float);
  if (work.element == Element::kFloat32) {
    row_norm_rotate<float><<<blocks, shape.threads, shared, stream>>>(work);
  } else {
    row_norm_rotate<__nv_bfloat16><<<blocks, shape.threads, shared, stream>>>(work);
  }
  return cudaGetLastError();
}

}  // namespace kinema::kernels
