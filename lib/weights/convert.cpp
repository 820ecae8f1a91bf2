// Copying in pieces of rows bounds what is resident to the destination and one piece of the source.
#include "weights/convert.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include "weights/stored.h"

namespace kinema::weights {
namespace {

constexpr uint64_t kPieceBytes = 16 << 20;

at::Tensor cut(const at::Tensor& source, const Slice& slice) {
  return slice.length == 0 ? source : source.narrow(slice.dim, slice.start, slice.length);
}

// [rows] or [rows, 1, …] as a factor of the piece that begins at row `start`.
at::Tensor scale_of(const at::Tensor& scale, int64_t start, const at::Tensor& piece) {
  if (scale.numel() == 1) return scale.reshape({});
  std::vector<int64_t> shape(static_cast<size_t>(piece.dim()), 1);
  shape[0] = piece.size(0);
  return scale.reshape({-1}).narrow(0, start, piece.size(0)).reshape(shape);
}

}  // namespace

checkpoint::StoredTensor rows(const checkpoint::StoredTensor& stored,
                              int64_t start,
                              int64_t length) {
  auto part = stored;
  const uint64_t row_bytes = stored.entry.bytes / static_cast<uint64_t>(stored.entry.shape.at(0));
  part.entry.shape[0] = length;
  part.entry.offset += static_cast<uint64_t>(start) * row_bytes;
  part.entry.bytes = static_cast<uint64_t>(length) * row_bytes;
  return part;
}

at::Tensor converted(const checkpoint::StoredTensor& stored,
                     const Placement& placement,
                     const Slice& slice,
                     const at::Tensor& scale) {
  const auto source = view(stored);
  if (source.dim() == 0 || source.numel() == 0) {
    auto copy = scale.defined() ? source.to(at::kFloat) * scale.reshape({}) : source;
    return copy.to(at::TensorOptions(placement.dtype).device(placement.device),
                   /*non_blocking=*/false, /*copy=*/true);
  }
  const auto kept = cut(source, slice);
  auto result =
      at::empty(kept.sizes(), at::TensorOptions(placement.dtype).device(placement.device));
  const int64_t total = source.size(0);
  const uint64_t row_bytes = stored.entry.bytes / static_cast<uint64_t>(total);
  const auto step = static_cast<int64_t>(std::max<uint64_t>(1, kPieceBytes / row_bytes));
  for (int64_t start = 0; start < total; start += step) {
    const int64_t count = std::min(step, total - start);
    auto piece = kept.narrow(0, start, count);
    if (scale.defined()) piece = piece.to(at::kFloat) * scale_of(scale, start, piece);
    result.narrow(0, start, count).copy_(piece);
    stored.map->drop(rows(stored, start, count).bytes());
  }
  return result;
}

}  // namespace kinema::weights
