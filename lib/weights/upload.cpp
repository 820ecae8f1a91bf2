// A tensor is read in pieces, each of whole rows or a part of one.
#include "weights/upload.h"

#include <algorithm>
#include <vector>

#include <ATen/TensorOperators.h>

#include "tensor/dtype.h"

namespace kinema::weights {
namespace {

// Elements `first` to `first + count` of a part: whole rows, or a piece of one.
struct Piece {
  int64_t first, count, row, rows;
};

std::vector<Piece> pieces_of(const at::Tensor& into, int64_t most) {
  std::vector<Piece> pieces;
  const int64_t rows = into.dim() == 0 ? 1 : into.size(0);
  if (into.numel() == 0) return pieces;
  const int64_t width = into.numel() / rows;
  const int64_t step = std::max<int64_t>(1, most / width);
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t count = std::min(step, rows - row);
    for (int64_t column = 0; column < width; column += most) {
      const int64_t elements = count > 1 ? count * width : std::min(most, width - column);
      pieces.push_back({row * width + column, elements, row, count});
      if (count > 1) break;
    }
  }
  return pieces;
}

// The factor of a piece's values seen as [rows, …].
at::Tensor scale_of(const at::Tensor& scale, const Piece& piece) {
  if (!scale.defined() || scale.numel() == 1) return scale;
  return scale.reshape({-1, 1}).narrow(0, piece.row, piece.rows);
}

// On the device: types change there, so that only stored bytes travel.
void place(const at::Tensor& staged, const at::Tensor& into, const at::Tensor& scale) {
  if (staged.scalar_type() == into.scalar_type() && !scale.defined()) {
    into.copy_(staged, /*non_blocking=*/true);
    return;
  }
  auto there = staged.to(into.device(), staged.scalar_type(), /*non_blocking=*/true);
  if (scale.defined()) {
    const int64_t rows = scale.numel() == 1 ? 1 : scale.size(0);
    there = (there.to(at::kFloat).view({rows, -1}) * scale).view({-1});
  }
  into.copy_(there);
}

// The factors of the part's rows, on the device.
at::Tensor scale_there(const StoredPart& part, at::Device device) {
  if (!part.scale.defined()) return {};
  auto scale = part.scale.reshape({-1});
  if (scale.numel() > 1 && part.slice.length != 0 && part.slice.dim == 0)
    scale = scale.narrow(0, part.slice.start, part.slice.length);
  return scale.to(device);
}

// What is more than bytes to be copied is put together on the host, in the type that is wanted.
void upload_finished(UploadRing& ring, const StoredPart& part, const at::Tensor& into) {
  const auto flat = into.view({-1});
  const int64_t step = ring.buffer_bytes() / flat.element_size(), count = flat.numel();
  ring.upload((count + step - 1) / step, [&](int64_t index, const at::Tensor& buffer) {
    const int64_t first = index * step, length = std::min(step, count - first);
    const auto staged = buffer.narrow(0, 0, length * flat.element_size()).view(flat.scalar_type());
    read_elements(part, first, staged);
    return [staged, there = flat.narrow(0, first, length)] { place(staged, there, {}); };
  });
}

}  // namespace

void upload(UploadRing& ring, const StoredPart& part, const at::Tensor& into) {
  if (part.added) return upload_finished(ring, part, into);
  const auto type = tensor::dtype_from_safetensors(checkpoint::dtype_name(part.stored.entry.dtype));
  const auto size = static_cast<int64_t>(c10::elementSize(type));
  const auto flat = into.view({-1}), scale = scale_there(part, into.device());
  const auto pieces = pieces_of(into, std::max<int64_t>(1, ring.buffer_bytes() / size));
  ring.upload(static_cast<int64_t>(pieces.size()), [&](int64_t index, const at::Tensor& buffer) {
    const auto& piece = pieces[static_cast<size_t>(index)];
    const auto staged = buffer.narrow(0, 0, piece.count * size);
    read_stored(
        part, piece.first,
        {static_cast<std::byte*>(staged.mutable_data_ptr()), static_cast<size_t>(staged.numel())});
    return [staged = staged.view(type), there = flat.narrow(0, piece.first, piece.count),
            factor = scale_of(scale, piece)] { place(staged, there, factor); };
  });
}

}  // namespace kinema::weights
