// One thread a pixel: three planes read once, three bytes written once.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"

namespace kinema::kernels {
namespace {

__device__ unsigned char level(float x) {
  const float unit = fminf(fmaxf(x * 0.5f + 0.5f, 0.0f), 1.0f);
  return static_cast<unsigned char>(rintf(unit * 255.0f));
}

template <typename T>
__global__ void __launch_bounds__(kMostThreads) pixel_bytes(const PixelBytesWork work) {
  const int64_t pixel = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t rows = pixel / work.width, frame = rows / work.height;
  if (frame >= work.frames) return;
  const auto* from = static_cast<const T*>(work.pixels) + frame * work.frame_stride +
                     rows % work.height * work.row_stride + pixel % work.width * work.column_stride;
#pragma unroll
  for (int channel = 0; channel < 3; ++channel) {
    work.bytes[3 * pixel + channel] = level(wide(from[channel * work.channel_stride]));
  }
}

}  // namespace

cudaError_t launch(const PixelBytesWork& work, cudaStream_t stream) {
  const int64_t pixels = work.frames * work.height * work.width;
  if (pixels == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((pixels + kMostThreads - 1) / kMostThreads);
  if (work.element == Element::kFloat32) {
    pixel_bytes<float><<<blocks, kMostThreads, 0, stream>>>(work);
  } else {
    pixel_bytes<__nv_bfloat16><<<blocks, kMostThreads, 0, stream>>>(work);
  }
  return cudaGetLastError();
}

}  // namespace kinema::kernels
