// A part is a matrix with a stride: a range of its elements is the end of a row, whole rows, and
// the beginning of a row.
#include "weights/stored_part.h"

#include <algorithm>

#include "weights/stored.h"

namespace kinema::weights {
namespace {

constexpr int64_t kPieceElements = 8 << 20;

// The part in the stored tensor's elements.
struct Rows {
  int64_t width, stride, origin;  // of a row of the part; between rows; before the first
  int64_t first_row;              // of the stored tensor
};

Rows rows_of(const StoredPart& part) {
  const auto& shape = part.stored.entry.shape;
  if (shape.empty()) return {1, 1, 0, 0};
  const auto elements = static_cast<int64_t>(part.stored.entry.elements());
  const int64_t row = elements / std::max<int64_t>(1, shape[0]);
  const auto& slice = part.slice;
  if (slice.length == 0) return {row, row, 0, 0};
  if (slice.dim == 0) return {row, row, slice.start * row, slice.start};
  const int64_t inner = row / shape[1];
  return {slice.length * inner, row, slice.start * inner, 0};
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

at::Tensor scaled(const at::Tensor& values, const at::Tensor& scale, int64_t first_row) {
  if (!scale.defined()) return values;
  auto factor = scale.numel() == 1 ? scale.reshape({1, 1})
                                   : scale.reshape({-1, 1}).narrow(0, first_row, values.size(0));
  return values.to(at::kFloat) * factor;
}

}  // namespace

std::vector<int64_t> StoredPart::sizes() const {
  auto sizes = stored.entry.shape;
  if (slice.length != 0) sizes.at(static_cast<size_t>(slice.dim)) = slice.length;
  return sizes;
}

uint64_t read_elements(const StoredPart& part, int64_t first, const at::Tensor& into) {
  const auto rows = rows_of(part);
  const auto source = view(part.stored).reshape({-1});
  const int64_t end = first + into.numel(), bytes = source.element_size();
  for (int64_t at = first; at < end;) {
    const auto piece = piece_at(rows, at, end);
    const int64_t from = rows.origin + piece.row * rows.stride + piece.column;
    const int64_t count = piece.rows * piece.columns;
    const auto values = source.as_strided({piece.rows, piece.columns}, {rows.stride, 1},
                                          source.storage_offset() + from);
    into.narrow(0, at - first, count)
        .view({piece.rows, piece.columns})
        .copy_(scaled(values, part.scale, rows.first_row + piece.row));
    const int64_t covered = (piece.rows - 1) * rows.stride + piece.columns;
    part.stored.map->drop(part.stored.bytes().subspan(static_cast<size_t>(from * bytes),
                                                      static_cast<size_t>(covered * bytes)));
    at += count;
  }
  return static_cast<uint64_t>(into.numel() * bytes);
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
