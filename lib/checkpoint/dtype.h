// The element types a safetensors file can hold, under the format's own names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kinema::checkpoint {

enum class Dtype {
  kF64,
  kF32,
  kF16,
  kBF16,
  kF8E4M3,
  kF8E5M2,
  kI64,
  kI32,
  kI16,
  kI8,
  kU64,
  kU32,
  kU16,
  kU8,
  kBool,
};

// "F32", "BF16", "F8_E4M3", …
std::string_view dtype_name(Dtype dtype);
// The type of that name, or nothing if this program cannot read it.
std::optional<Dtype> parse_dtype(std::string_view name);
// Bytes of one element.
uint64_t element_bytes(Dtype dtype);
bool is_floating_point(Dtype dtype);
// Every readable name, for messages: "F64, F32, …".
std::string dtype_names();

}  // namespace kinema::checkpoint
