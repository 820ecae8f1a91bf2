// Blocks of the product in registers: four rows by a tile of columns, one rank after the other.
// A library's product would do, were its bits not another's for another shape.
#include "weights/low_rank.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include "weights/stored.h"

namespace kinema::weights {
namespace {

using checkpoint::LowRank;

constexpr int64_t kColumns = 32, kRows = 4;  // of a block

// A factor as a matrix of its rows.
at::Tensor matrix(const checkpoint::StoredTensor& stored) { return view(stored).flatten(1); }

// `down`'s columns from `first` on in tiles, [tiles, rank, kColumns]; those behind the last are 0.
at::Tensor tiled(const LowRank& one, int64_t first, int64_t columns) {
  const int64_t tiles = (columns + kColumns - 1) / kColumns;
  auto padded = at::zeros({one.rank(), tiles * kColumns}, at::kFloat);
  padded.narrow(1, 0, columns).copy_(matrix(one.down).narrow(1, first, columns));
  return padded.view({one.rank(), tiles, kColumns}).transpose(0, 1).contiguous();
}

// The rows of `up` for the parameter's rows from at.row on, [rows, rank].
at::Tensor rows_of(const LowRank& one, const Rectangle& at, int64_t rows) {
  const auto up = matrix(one.up);
  if (one.turn == 0) return up.narrow(0, one.first_row + at.row, rows).to(at::kFloat).contiguous();
  auto index = at::arange(at.row, at.row + rows, at::kLong);
  index = (index + one.turn).remainder_(at.height).add_(one.first_row);
  return up.index_select(0, index).to(at::kFloat).contiguous();
}

// sums[r] = the product of row r of `up` [kRows] and the tile, for all columns of it. With so many
// lanes as the processor's registers have; each lane computes the same.
template <int64_t kLanes>
[[gnu::always_inline]] inline void multiply_by(const float* const (&up)[kRows],
                                               const float* tile,
                                               int64_t rank,
                                               float (&sums)[kRows][kColumns]) {
  // A `using` would forget the attribute, whose size depends on the template's argument.
  typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));
  constexpr int64_t kVectors = 2;
  for (int64_t column = 0; column < kColumns; column += kVectors * kLanes) {
    Lanes sum[kRows][kVectors] = {};
    for (int64_t k = 0; k < rank; ++k) {
#pragma GCC unroll 2
      for (int64_t v = 0; v < kVectors; ++v) {
        Lanes down;
        __builtin_memcpy(&down, tile + k * kColumns + column + v * kLanes, sizeof(down));
#pragma GCC unroll 4
        for (int64_t r = 0; r < kRows; ++r) sum[r][v] += up[r][k] * down;
      }
    }
    for (int64_t r = 0; r < kRows; ++r) __builtin_memcpy(&sums[r][column], &sum[r], sizeof(sum[r]));
  }
}

using Multiply = void (*)(const float* const (&)[kRows],
                          const float*,
                          int64_t,
                          float (&)[kRows][kColumns]);

void multiply_4(const float* const (&up)[kRows],
                const float* tile,
                int64_t rank,
                float (&sums)[kRows][kColumns]) {
  multiply_by<4>(up, tile, rank, sums);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void multiply_8(const float* const (&up)[kRows],
                                        const float* tile,
                                        int64_t rank,
                                        float (&sums)[kRows][kColumns]) {
  multiply_by<8>(up, tile, rank, sums);
}

[[gnu::target("avx512f")]] void multiply_16(const float* const (&up)[kRows],
                                            const float* tile,
                                            int64_t rank,
                                            float (&sums)[kRows][kColumns]) {
  multiply_by<16>(up, tile, rank, sums);
}
#endif

Multiply fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return multiply_16;
  if (__builtin_cpu_supports("avx2")) return multiply_8;
#endif
  return multiply_4;
}

// Where one tile's columns are in the values.
struct Columns {
  float* values;
  int64_t stride, count;
};

void add_tile(const at::Tensor& up, const float* tile, float scale, const Columns& to) {
  const int64_t rows = up.size(0), rank = up.size(1);
  const auto* first = up.const_data_ptr<float>();
  float sums[kRows][kColumns];
  static const auto multiply = fastest();
  for (int64_t row = 0; row < rows; row += kRows) {
    const float* four[kRows];
    // Behind the last row it is computed again, so that all are computed the same way.
    for (int64_t r = 0; r < kRows; ++r) four[r] = first + std::min(row + r, rows - 1) * rank;
    multiply(four, tile, rank, sums);
    for (int64_t r = 0; r < std::min(kRows, rows - row); ++r) {
      auto* values = to.values + (row + r) * to.stride;
      for (int64_t c = 0; c < to.count; ++c) values[c] += scale * sums[r][c];
    }
  }
}

void add(const LowRank& one, const Rectangle& at, const at::Tensor& values) {
  const int64_t rows = values.size(0), columns = values.size(1);
  const auto up = rows_of(one, at, rows), down = tiled(one, at.column, columns);
  const auto* tiles = down.const_data_ptr<float>();
  auto* into = values.mutable_data_ptr<float>();
  const auto scale = static_cast<float>(one.scale);
  const int64_t rank = one.rank(), stride = values.stride(0);
  at::parallel_for(0, down.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i * kColumns;
      add_tile(up, tiles + i * rank * kColumns, scale,
               {into + column, stride, std::min(kColumns, columns - column)});
    }
  });
}

}  // namespace

void add_low_rank(const std::vector<LowRank>& added,
                  const Rectangle& at,
                  const at::Tensor& values) {
  for (const auto& one : added) add(one, at, values);
}

}  // namespace kinema::weights
