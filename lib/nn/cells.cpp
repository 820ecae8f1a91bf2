// On the CPU a loop of its own: LibTorch's addition takes many times as long where a broadcast
// dimension is the innermost.
#include "nn/cells.h"

#include <ATen/Parallel.h>
#include <ATen/ops/add.h>

#include "kernels/clip_cpu.h"

namespace kinema::nn {
namespace {

constexpr int64_t kQuad = 4;  // 2 x 2 pixels

// The parts of one row of positions.
template <typename T>
void spread_row(const at::Tensor& out,
                const at::Tensor& parts,
                const at::Tensor& x,
                int64_t frames,
                int64_t t,
                int64_t y) {
  const int64_t width = x.size(2), channels = out.size(3), share = x.size(3) / (frames * kQuad);
  const auto* from =
      static_cast<const T*>(parts.const_data_ptr()) + t * parts.stride(0) + y * parts.stride(1);
  const auto* added =
      static_cast<const T*>(x.const_data_ptr()) + (t * x.size(1) + y) * width * x.size(3);
  auto* to = static_cast<T*>(out.mutable_data_ptr());
  for (int64_t w = 0; w < width; ++w) {
    for (int64_t part = 0; part < frames * kQuad; ++part) {
      const int64_t frame = frames * t + part / kQuad, row = 2 * y + part / 2 % 2,
                    column = 2 * w + part % 2;
      auto* target = to + ((frame * out.size(1) + row) * out.size(2) + column) * channels;
      kernels::add_repeated(from + w * parts.stride(2) + part * parts.stride(3),
                            added + w * x.size(3) + part * share, target, channels,
                            channels / share);
    }
  }
}

template <typename T>
void spread_rows(const at::Tensor& out,
                 const at::Tensor& parts,
                 const at::Tensor& x,
                 int64_t frames) {
  const int64_t height = x.size(1);
  at::parallel_for(0, x.size(0) * height, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      spread_row<T>(out, parts, x, frames, i / height, i % height);
  });
}

}  // namespace

at::Tensor cells(const at::Tensor& clip, int64_t frames) {
  return clip
      .view({clip.size(0) / frames, frames, clip.size(1) / 2, 2, clip.size(2) / 2, 2, clip.size(3)})
      .permute({0, 2, 4, 1, 3, 5, 6});
}

void spread_sum(const at::Tensor& out,
                const at::Tensor& parts,
                const at::Tensor& x,
                int64_t frames) {
  if (out.is_cpu() && out.scalar_type() == at::kFloat)
    return spread_rows<float>(out, parts, x, frames);
  if (out.is_cpu() && out.scalar_type() == at::kBFloat16) {
    return spread_rows<kernels::Bfloat16>(out, parts, x, frames);
  }
  const int64_t share = x.size(3) / (frames * kQuad);
  auto by_channel = [&](const at::Tensor& y) {
    return y.unflatten(3, {frames, 2, 2}).unflatten(6, {share, -1});
  };
  auto target = cells(out, frames).unflatten(6, {share, -1});
  at::add_out(target, by_channel(parts), by_channel(x.unflatten(3, {frames * kQuad, -1})));
}

}  // namespace kinema::nn
