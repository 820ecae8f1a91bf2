// Copies are made at once: what comes later may overwrite the tensor.
#include "pipeline/tensor_dump.h"

#include <span>
#include <utility>
#include <vector>

#include "checkpoint/writer.h"
#include "tensor/dtype.h"

namespace kinema::pipeline {

TensorDump::TensorDump(std::optional<std::filesystem::path> path) : path_(std::move(path)) {}

void TensorDump::add(const std::string& name, const at::Tensor& tensor) {
  if (!wanted() || !tensor.defined()) return;
  tensors_[name] = tensor.detach().to(at::kCPU).contiguous().clone();
}

void TensorDump::write() const {
  if (wanted()) write_tensors(*path_, tensors_, {});
}

void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<checkpoint::TensorSpec> specs;
  for (const auto& [name, tensor] : tensors) {
    specs.push_back({name, *checkpoint::parse_dtype(tensor::safetensors_name(tensor.scalar_type())),
                     tensor.sizes().vec()});
  }
  checkpoint::SafetensorsWriter writer(path, specs, metadata);
  for (const auto& [name, tensor] : tensors) {
    writer.append(name, std::as_bytes(std::span(static_cast<const char*>(tensor.const_data_ptr()),
                                                tensor.nbytes())));
  }
  writer.commit();
}

}  // namespace kinema::pipeline
