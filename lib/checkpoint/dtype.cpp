// One table of types.
#include "checkpoint/dtype.h"

#include <array>

namespace kinema::checkpoint {
namespace {

struct Row {
  Dtype dtype;
  std::string_view name;
  uint64_t bytes;
};

// In the order of the enumerators, so that a type is its row's index.
constexpr std::array<Row, 15> kRows = {{
    {Dtype::kF64, "F64", 8},
    {Dtype::kF32, "F32", 4},
    {Dtype::kF16, "F16", 2},
    {Dtype::kBF16, "BF16", 2},
    {Dtype::kF8E4M3, "F8_E4M3", 1},
    {Dtype::kF8E5M2, "F8_E5M2", 1},
    {Dtype::kI64, "I64", 8},
    {Dtype::kI32, "I32", 4},
    {Dtype::kI16, "I16", 2},
    {Dtype::kI8, "I8", 1},
    {Dtype::kU64, "U64", 8},
    {Dtype::kU32, "U32", 4},
    {Dtype::kU16, "U16", 2},
    {Dtype::kU8, "U8", 1},
    {Dtype::kBool, "BOOL", 1},
}};

const Row& row(Dtype dtype) { return kRows.at(static_cast<size_t>(dtype)); }

}  // namespace

std::string_view dtype_name(Dtype dtype) { return row(dtype).name; }

uint64_t element_bytes(Dtype dtype) { return row(dtype).bytes; }

bool is_floating_point(Dtype dtype) {
  const auto name = dtype_name(dtype);
  return name.starts_with('F') || name == "BF16";
}

std::optional<Dtype> parse_dtype(std::string_view name) {
  for (const auto& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::string dtype_names() {
  std::string names;
  for (const auto& row : kRows) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

}  // namespace kinema::checkpoint
