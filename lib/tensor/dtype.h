// Element types by their three spellings: LibTorch's, the safetensors format's and the command
// line's.
#pragma once

#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace kinema::tensor {

// The type a safetensors file calls `name` ("F32", "BF16", "F8_E4M3", …). Throws Error(kModel) for
// any other.
at::ScalarType dtype_from_safetensors(std::string_view name);
// The reverse. Throws Error(kInternal) for a type the format lacks.
std::string_view safetensors_name(at::ScalarType dtype);

// A run's type by its name on the command line, float32, bfloat16 or float16. Throws Error(kConfig)
// with the nearest.
at::ScalarType parse_dtype(std::string_view name);
// The reverse.
std::string_view dtype_name(at::ScalarType dtype);

}  // namespace kinema::tensor
