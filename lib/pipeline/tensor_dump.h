// --save-tensors: what one run computed, by stage, for tests and for people who debug.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::pipeline {

class TensorDump {
 public:
  // Without a path nothing is kept.
  explicit TensorDump(std::optional<std::filesystem::path> path);

  bool wanted() const { return path_.has_value(); }
  // Keeps a copy on the CPU; undefined tensors are left out.
  void add(const std::string& name, const at::Tensor& tensor);
  // Writes the file. Throws Error(kIo).
  void write() const;

 private:
  std::optional<std::filesystem::path> path_;
  std::map<std::string, at::Tensor> tensors_;
};

// CPU tensors, contiguous, as one safetensors file. Throws Error(kIo).
void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata);

}  // namespace kinema::pipeline
