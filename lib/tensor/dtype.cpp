// One table.
#include "tensor/dtype.h"

#include "base/error.h"

namespace kinema::tensor {
namespace {

struct Name {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr Name kStored[] = {
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"F8_E4M3", at::kFloat8_e4m3fn},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U64", at::kUInt64},
    {"U32", at::kUInt32},
    {"U16", at::kUInt16},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
};

}  // namespace

at::ScalarType dtype_from_safetensors(std::string_view name) {
  for (const auto& row : kStored) {
    if (row.name == name) return row.dtype;
  }
  throw Error(ErrorKind::kModel,
              "the type " + std::string(name) + " of a safetensors file is not read");
}

std::string_view safetensors_name(at::ScalarType dtype) {
  for (const auto& row : kStored) {
    if (row.dtype == dtype) return row.name;
  }
  throw Error(ErrorKind::kInternal,
              std::string("safetensors files have no type for ") + at::toString(dtype));
}

}  // namespace kinema::tensor
