// One thread a chroma sample and its four pixels. What neighbours read twice is in the cache.
#include "kernels/cuda/launches.h"
#include "kernels/cuda/rows.cuh"
#include "kernels/yuv420.h"

namespace kinema::kernels {
namespace {

__device__ int within(int x, int most) { return min(max(x, 0), most); }

__device__ int weighted(const unsigned char* pixel, const int (&weights)[3], int zero) {
  return (weights[0] * pixel[0] + weights[1] * pixel[1] + weights[2] * pixel[2] + zero) >>
         kYuvSumShift;
}

__device__ unsigned char level(int x) { return static_cast<unsigned char>(within(x, 255)); }

__global__ void __launch_bounds__(kMostThreads)
    pixel_planes(const PixelPlanesWork work, const __grid_constant__ Yuv420 rule) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int width = work.width, height = work.height;
  const int column = static_cast<int>(index % (width / 2));
  const int64_t rows = index / (width / 2);
  const int row = static_cast<int>(rows % (height / 2));
  const int64_t frame = rows / (height / 2);
  if (frame >= work.frames) return;
  const int64_t pixels = static_cast<int64_t>(width) * height;
  const auto* rgb = work.rgb + frame * pixels * 3;
  auto* luma = work.planes + frame * (pixels + pixels / 2);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int64_t at = static_cast<int64_t>(2 * row + i / 2) * width + 2 * column + i % 2;
    const int sum = min(2 * weighted(rgb + 3 * at, rule.luma, kLumaZero), kYuvMost);
    luma[at] = level((sum + kLumaHalf) >> kLumaShift);
  }
  int blue = kDownHalf, red = kDownHalf;
#pragma unroll 2
  for (int k = 0; k < 8; ++k) {
    const int y = within(2 * row + k - kYuvBefore, height - 1);
    int blue_here = 0, red_here = 0;
#pragma unroll
    for (int j = 0; j < 7; ++j) {
      const int x = within(2 * column + j - kYuvBefore, width - 1);
      const auto* pixel = rgb + 3 * (static_cast<int64_t>(y) * width + x);
      blue_here += rule.across[j] * weighted(pixel, rule.blue, kChromaZero);
      red_here += rule.across[j] * weighted(pixel, rule.red, kChromaZero);
    }
    blue += rule.down[k] * min(blue_here >> kAcrossShift, kYuvMost);
    red += rule.down[k] * min(red_here >> kAcrossShift, kYuvMost);
  }
  const int64_t at = static_cast<int64_t>(row) * (width / 2) + column;
  luma[pixels + at] = level(blue >> kDownShift);
  luma[pixels + pixels / 4 + at] = level(red >> kDownShift);
}

}  // namespace

cudaError_t launch(const PixelPlanesWork& work, cudaStream_t stream) {
  const int64_t samples = work.frames * (work.height / 2) * (work.width / 2);
  if (samples == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((samples + kMostThreads - 1) / kMostThreads);
  pixel_planes<<<blocks, kMostThreads, 0, stream>>>(work, kYuv420);
  return cudaGetLastError();
}

}  // namespace kinema::kernels
