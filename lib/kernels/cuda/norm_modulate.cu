// One block of threads a token: the row stays in registers from the first read to the last write.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"

namespace kinema::kernels {
namespace {

// Null: there is none.
template <typename T>
__device__ const T* row_of(const RowVector& vector, const int* row, int64_t token) {
  if (vector.data == nullptr) return nullptr;
  return static_cast<const T*>(vector.data) + (row == nullptr ? 0 : row[token]) * vector.stride;
}

// Part of a vector of factors.
template <typename T>
__device__ void load_or_ones(const T* from, int64_t at, float (&to)[kVector]) {
  if (from != nullptr) return load(from + at, to);
#pragma unroll
  for (int i = 0; i < kVector; ++i) to[i] = 1;
}

// The row itself; with y, x + gate * y, which is written over y.
template <typename T, int kVectors>
__device__ void gather(const NormModulate& work, int64_t token, float (&row)[kVectors][kVector]) {
  const auto* x = static_cast<const T*>(work.x) + token * work.width;
  auto* y = static_cast<T*>(work.y) + (work.y == nullptr ? 0 : token * work.width);
  const auto* gate = row_of<T>(work.gate, work.gate_row, token);
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int64_t at = (static_cast<int64_t>(v) * blockDim.x + threadIdx.x) * kVector;
    if (at >= work.width) {
#pragma unroll
      for (int i = 0; i < kVector; ++i) row[v][i] = 0;
      continue;
    }
    load(x + at, row[v]);
    if (work.y == nullptr) continue;
    float added[kVector], factor[kVector];
    load(y + at, added);
    load_or_ones(gate, at, factor);
#pragma unroll
    for (int i = 0; i < kVector; ++i) row[v][i] = rounded<T>(row[v][i] + factor[i] * added[i]);
    store(row[v], y + at);
  }
}

template <int kVectors>
__device__ float sum_of(const float (&row)[kVectors][kVector]) {
  float sum = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
#pragma unroll
    for (int i = 0; i < kVector; ++i) sum += row[v][i];
  }
  return block_sum(sum);
}

template <int kVectors>
__device__ float squares_of(const float (&row)[kVectors][kVector], float mean, int64_t width) {
  float sum = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    if ((static_cast<int64_t>(v) * blockDim.x + threadIdx.x) * kVector >= width) continue;
#pragma unroll
    for (int i = 0; i < kVector; ++i) sum += (row[v][i] - mean) * (row[v][i] - mean);
  }
  return block_sum(sum);
}

template <typename T, int kVectors>
__global__ void __launch_bounds__(kMostThreads) norm_modulate(const NormModulate work) {
  const int64_t token = blockIdx.x;
  float row[kVectors][kVector];
  gather<T>(work, token, row);
  const float width = static_cast<float>(work.width);
  const float mean = work.norm == RowNorm::kLayer ? sum_of(row) / width : 0.0f;
  const float inverse = rsqrtf(squares_of(row, mean, work.width) / width + work.eps);
  const auto* scale = row_of<T>(work.scale, work.vector_row, token);
  const auto* shift = row_of<T>(work.shift, work.vector_row, token);
  auto* out = static_cast<T*>(work.out) + token * work.width;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int64_t at = (static_cast<int64_t>(v) * blockDim.x + threadIdx.x) * kVector;
    if (at >= work.width) continue;
    float factor[kVector], added[kVector] = {};
    load_or_ones(scale, at, factor);
    if (shift != nullptr) load(shift + at, added);
#pragma unroll
    for (int i = 0; i < kVector; ++i)
      factor[i] = (row[v][i] - mean) * inverse * factor[i] + added[i];
    store(factor, out + at);
  }
}

template <typename T>
void run(const NormModulate& work, cudaStream_t stream) {
  const auto shape = row_shape(work.width);
  const auto blocks = static_cast<unsigned>(work.rows);
  if (shape.vectors == 1) norm_modulate<T, 1><<<blocks, shape.threads, 0, stream>>>(work);
  if (shape.vectors == 2) norm_modulate<T, 2><<<blocks, shape.threads, 0, stream>>>(work);
  if (shape.vectors == 4) norm_modulate<T, 4><<<blocks, shape.threads, 0, stream>>>(work);
}

}  // namespace

cudaError_t launch(const NormModulate& work, cudaStream_t stream) {
  if (work.rows == 0) return cudaSuccess;
  if (work.element == Element::kFloat32) run<float>(work, stream);
  if (work.element == Element::kBfloat16) run<__nv_bfloat16>(work, stream);
  return cudaGetLastError();
}

}  // namespace kinema::kernels
