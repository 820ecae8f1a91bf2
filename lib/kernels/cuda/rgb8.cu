// One thread a pixel. Each operation rounds by itself, as the host's does: the same bytes.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"

namespace kinema::kernels {
namespace {

constexpr int kChannels = 3;

template <typename T>
__global__ void __launch_bounds__(kMostThreads) rgb8(const Rgb8 work) {
  const int64_t pixel = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (pixel >= work.frames_count * work.height * work.width) return;
  const int64_t column = pixel % work.width, row = pixel / work.width % work.height,
                frame = pixel / work.width / work.height;
  const auto* from = static_cast<const T*>(work.frames) + frame * work.frame + row * work.row +
                     column * work.column;
  for (int c = 0; c < kChannels; ++c) {
    const float unit = __fadd_rn(__fmul_rn(wide(from[c * work.channel]), 0.5f), 0.5f);
    const float level = __fmul_rn(fminf(fmaxf(unit, 0.0f), 1.0f), 255.0f);
    work.out[pixel * kChannels + c] = static_cast<uint8_t>(rintf(level));
  }
}

}  // namespace

cudaError_t launch(const Rgb8& work, cudaStream_t stream) {
  const int64_t pixels = work.frames_count * work.height * work.width;
  if (pixels == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((pixels + kMostThreads - 1) / kMostThreads);
  if (work.element == Element::kFloat32) {
    rgb8<float><<<blocks, kMostThreads, 0, stream>>>(work);
  } else {
    rgb8<__nv_bfloat16><<<blocks, kMostThreads, 0, stream>>>(work);
  }
  return cudaGetLastError();
}

}  // namespace kinema::kernels
