// Element types by their two spellings: LibTorch's and the safetensors format's.
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

}  // namespace kinema::tensor
