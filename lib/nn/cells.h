// Pixels into channels and back: a cell is the positions of a clip that one position of a coarser
// clip stands for. Clips are [T, H, W, C], contiguous.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::nn {

// A view of a clip by cells of `frames` x 2 x 2 positions: [T/frames, H/2, W/2, frames, 2, 2, C].
at::Tensor cells(const at::Tensor& clip, int64_t frames);

// Spreads parts of channels over the positions of cells and adds x, each of whose channels is
// repeated until it has as many: parts [T, H, W, frames * 4, c] (its last dimension contiguous), x
// [T, H, W, C], both into `out` [frames * T, 2H, 2W, c]. C / (frames * 4) divides c.
void spread_sum(const at::Tensor& out,
                const at::Tensor& parts,
                const at::Tensor& x,
                int64_t frames);

}  // namespace kinema::nn
