// Small safetensors files for tests, from tensors or from values' bits.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/component.h"
#include "checkpoint/writer.h"
#include "tensor/dtype.h"

namespace kinema::test {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Writes the tensors as they are and opens the file.
inline checkpoint::Component stored_file(const std::filesystem::path& path,
                                         const NamedTensors& tensors) {
  std::vector<checkpoint::TensorSpec> specs;
  for (const auto& [name, tensor] : tensors) {
    specs.push_back({name, *checkpoint::parse_dtype(tensor::safetensors_name(tensor.scalar_type())),
                     tensor.sizes().vec()});
  }
  checkpoint::SafetensorsWriter writer(path, specs);
  for (const auto& [name, tensor] : tensors) {
    const auto whole = tensor.contiguous();
    writer.append(name, {static_cast<const std::byte*>(whole.const_data_ptr()), whole.nbytes()});
  }
  writer.commit();
  return checkpoint::Component::open(path);
}

// A tensor of type `dtype` from the bits of its elements.
template <typename Bits>
at::Tensor from_bits(at::ScalarType dtype, const std::vector<Bits>& bits) {
  auto tensor = at::empty({static_cast<int64_t>(bits.size())}, dtype);
  std::memcpy(tensor.data_ptr(), bits.data(), bits.size() * sizeof(Bits));
  return tensor;
}

}  // namespace kinema::test
