// Stored reference tensors and how close to them is close enough.
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::test {

// All tensors of one safetensors file under tests/data (a relative path), as they are stored.
std::map<std::string, at::Tensor> stored_tensors(const std::string& relative_path);

// max|got - want| / max(1, max|want|); infinite when the shapes differ or `got` is not finite.
double scaled_difference(const at::Tensor& got, const at::Tensor& want);

}  // namespace kinema::test
