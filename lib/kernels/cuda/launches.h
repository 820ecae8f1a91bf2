// The kernels' launches, by address: what the module's C++ calls and the .cu files define.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "kernels/row_norm.h"

namespace kinema::kernels {

enum class Element { kFloat32, kBfloat16 };

// One vector per row of tokens out of [M, width]: `stride` elements from one to the next; null:
// ones for what is multiplied with, nothing for what is added.
struct RowVector {
  const void* data = nullptr;
  int64_t stride = 0;
};

struct NormModulate {
  Element element;
  const void* x;
  void* y = nullptr;  // not null: x + gate * y is written here and normed
  RowVector gate, scale, shift;
  const int* gate_row = nullptr;    // [rows]; null: the first
  const int* vector_row = nullptr;  // likewise, of scale and shift
  void* out;
  int64_t rows, width;
  RowNorm norm;
  float eps;
};
cudaError_t launch(const NormModulate& work, cudaStream_t stream);

struct HeadNormRotate {
  Element element;
  const void* x;
  int64_t x_token, x_head;  // strides in elements
  const void* weight;
  const float* turns;  // [tokens, head_dim / 2] of (cos, sin), or null
  void* out;
  int64_t out_token, out_head;
  int64_t tokens, heads;
  int head_dim;
  float eps;
};
cudaError_t launch(const HeadNormRotate& work, cudaStream_t stream);

struct RowNormRotate {
  Element element;
  const void* x;
  int64_t x_token;
  const void* weight;      // [heads * head_dim]
  const float *cos, *sin;  // [tokens, heads, head_dim / 2], or null
  void* out;
  int64_t out_token, out_group;  // strides in elements
  int64_t tokens;
  int heads, head_dim, group_width;  // the latter of `out`: heads of a group times head_dim
  float eps;
};
cudaError_t launch(const RowNormRotate& work, cudaStream_t stream);

struct PixelBytesWork {
  Element element;
  const void* pixels;
  int64_t channel_stride, frame_stride, row_stride, column_stride;  // in elements
  unsigned char* bytes;
  int64_t frames, height, width;
};
cudaError_t launch(const PixelBytesWork& work, cudaStream_t stream);

struct PixelPlanesWork {
  const unsigned char* rgb;
  unsigned char* planes;
  int64_t frames;
  int height, width;
};
cudaError_t launch(const PixelPlanesWork& work, cudaStream_t stream);

}  // namespace kinema::kernels
