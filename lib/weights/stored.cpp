// at::from_blob over the map, which the tensor's deleter keeps alive and whose pages it gives back.
#include "weights/stored.h"

#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "tensor/dtype.h"

namespace kinema::weights {

at::Tensor view(const checkpoint::StoredTensor& stored) {
  const auto bytes = stored.bytes();
  const auto dtype = tensor::dtype_from_safetensors(checkpoint::dtype_name(stored.entry.dtype));
  const auto address = reinterpret_cast<uintptr_t>(bytes.data());
  if (bytes.empty() || address % checkpoint::element_bytes(stored.entry.dtype) != 0) {
    auto copy = at::empty(stored.entry.shape, dtype);
    if (!bytes.empty()) std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
    return copy;
  }
  return at::from_blob(
      const_cast<std::byte*>(bytes.data()), stored.entry.shape,
      [map = stored.map, bytes](void*) { map->drop(bytes); }, at::TensorOptions(dtype));
}

std::map<std::string, at::Tensor> load_tensors(const std::filesystem::path& file) {
  const auto component = checkpoint::Component::open(file);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, stored] : component.tensors()) tensors[name] = view(stored);
  return tensors;
}

}  // namespace kinema::weights
