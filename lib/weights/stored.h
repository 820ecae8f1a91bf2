// From bytes in a mapped file to LibTorch tensors.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "checkpoint/component.h"

namespace kinema::weights {

// The tensor as it is stored, sharing the file's pages, which it keeps mapped and which are no
// longer resident when it goes: a weight that is packed or used up and let go leaves no second
// copy. Read-only: writing to it crashes. Copied only where its bytes are not aligned to its
// element size.
at::Tensor view(const checkpoint::StoredTensor& stored);

// All tensors of one safetensors file as `view` gives them. Throws Error(kModel).
std::map<std::string, at::Tensor> load_tensors(const std::filesystem::path& file);

}  // namespace kinema::weights
