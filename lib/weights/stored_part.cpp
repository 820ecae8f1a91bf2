// A part is a matrix with a stride: a range of its elements is the end of a row, whole rows, and
// the beginning of a row.
#include "weights/stored_part.h"

#include <algorithm>

#include <ATen/ops/empty.h>

#include "tensor/dtype.h"
#include "weights/low_rank.h"

namespace kinema::weights {
namespace {

// What is staged is still in the processor's cache when it is converted.
constexpr int64_t kPieceElements = 128 << 10;

// The part in the stored tensor's elements.
struct Rows {
  int64_t width, stride, origin;    // of a row of the part; between rows; before the first
  int64_t first_row, first_column;  // of the stored tensor
};

Rows rows_of(const StoredPart& part) {
  const auto& shape = part.stored.entry.shape;
  if (shape.empty()) return {1, 1, 0, 0, 0};
  const auto elements = static_cast<int64_t>(part.stored.entry.elements());
  const int64_t row = elements / std::max<int64_t>(1, shape[0]);
  const auto& slice = part.slice;
  if (slice.length == 0) return {row, row, 0, 0, 0};
  if (slice.dim == 0) return {row, row, slice.start * row, slice.start, 0};
  const int64_t inner = row / shape[1], before = slice.start * inner;
  return {slice.length * inner, row, before, 0, before};
}

// So many rows of the part from `row` on, or `columns` elements of one.
struct Piece {
  int64_t row, column, rows, columns;
};

// The longest piece that begins at element `at` and ends before `end`.
Piece piece_at(const Rows& rows, int64_t at, int64_t end) {
  const int64_t row = at / rows.width, column = at % rows.width;
  const int64_t whole = (end - at) / rows.width;
  if (column != 0 || whole == 0) return {row, column, 1, std::min(rows.width - column, end - at)};
  return {row, 0, std::min(whole, std::max<int64_t>(1, kPieceElements / rows.width)), rows.width};
}

// The piece's values as they are wanted, from those that are stored.
at::Tensor finished(const StoredPart& part, at::Tensor values, const Rectangle& at) {
  if (const auto& scale = part.scale; scale.defined()) {
    auto factor = scale.numel() == 1 ? scale.reshape({1, 1})
                                     : scale.reshape({-1, 1}).narrow(0, at.row, values.size(0));
    values = values.to(at::kFloat) * factor;
  }
  if (!part.added) return values;
  values = values.to(at::kFloat);
  add_low_rank(*part.added, at, values);
  return values;
}

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()};
}

}  // namespace

std::vector<int64_t> StoredPart::sizes() const {
  auto sizes = stored.entry.shape;
  if (slice.length != 0) sizes.at(static_cast<size_t>(slice.dim)) = slice.length;
  return sizes;
}

uint64_t read_elements(const StoredPart& part, int64_t first, const at::Tensor& into) {
  const auto type = tensor::dtype_from_safetensors(checkpoint::dtype_name(part.stored.entry.dtype));
  const auto read = static_cast<uint64_t>(into.numel()) * c10::elementSize(type);
  if (type == into.scalar_type() && !part.scale.defined() && !part.added) {
    read_stored(part, first, bytes_of(into));
    return read;
  }
  const auto rows = rows_of(part);
  const auto& shape = part.stored.entry.shape;
  const int64_t height = shape.empty() ? 1 : shape[0];
  const int64_t end = first + into.numel();
  const auto staged =
      at::empty({std::min(into.numel(), std::max(kPieceElements, rows.width))}, type);
  for (int64_t at = first; at < end;) {
    const auto piece = piece_at(rows, at, end);
    const int64_t count = piece.rows * piece.columns;
    const auto values = staged.narrow(0, 0, count);
    read_stored(part, at, bytes_of(values));
    into.narrow(0, at - first, count)
        .view({piece.rows, piece.columns})
        .copy_(finished(part, values.view({piece.rows, piece.columns}),
                        {rows.first_row + piece.row, rows.first_column + piece.column, height}));
    at += count;
  }
  return read;
}

std::vector<int64_t> sizes(const StoredStack& stack) {
  auto all = stack.front().sizes();
  for (size_t i = 1; i < stack.size(); ++i) all.front() += stack[i].sizes().front();
  return all;
}

uint64_t read_elements(const StoredStack& stack, int64_t first, const at::Tensor& into) {
  uint64_t read = 0;
  const int64_t end = first + into.numel();
  int64_t begin = 0;  // of a part
  for (const auto& part : stack) {
    const int64_t behind = begin + c10::multiply_integers(part.sizes());
    const int64_t from = std::max(first, begin), to = std::min(end, behind);
    if (from < to)
      read += read_elements(part, from - begin, into.narrow(0, from - first, to - from));
    begin = behind;
  }
  return read;
}

void read_stored(const StoredPart& part, int64_t first, std::span<std::byte> into) {
  const auto rows = rows_of(part);
  const auto& stored = part.stored;
  const auto bytes = static_cast<int64_t>(checkpoint::element_bytes(stored.entry.dtype));
  const int64_t end = first + static_cast<int64_t>(into.size()) / bytes;
  for (int64_t at = first; at < end;) {
    const int64_t row = at / rows.width, column = at % rows.width;
    // Rows that follow each other without a gap are one.
    const int64_t count =
        rows.width == rows.stride ? end - at : std::min(rows.width - column, end - at);
    const int64_t from = rows.origin + row * rows.stride + column;
    stored.map->read(stored.entry.offset + static_cast<uint64_t>(from * bytes),
                     into.subspan(static_cast<size_t>((at - first) * bytes),
                                  static_cast<size_t>(count * bytes)));
    at += count;
  }
}

}  // namespace kinema::weights
