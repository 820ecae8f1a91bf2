// Writing a safetensors file piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "checkpoint/dtype.h"

namespace kinema::checkpoint {

// A tensor to be written.
struct TensorSpec {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
};

// The layout is said first; then each tensor's bytes come in as many pieces as one likes, tensors
// in any order. The file appears at commit(), or not at all.
class SafetensorsWriter {
 public:
  // Throws Error(kIo) if the file cannot be made, Error(kInternal) for two tensors of one name.
  SafetensorsWriter(const std::filesystem::path& path,
                    const std::vector<TensorSpec>& tensors,
                    const std::map<std::string, std::string>& metadata = {});
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // The next bytes of tensor `name`. Throws Error(kIo) when the disk is full, Error(kInternal) for
  // more bytes than its shape has.
  void append(const std::string& name, std::span<const std::byte> bytes);
  // Makes the file durable. Throws Error(kInternal) if a tensor is not complete.
  void commit();

 private:
  struct Range {
    uint64_t next = 0, end = 0;
  };
  void write_at(uint64_t offset, std::span<const std::byte> bytes);

  AtomicFile file_;
  int descriptor_ = -1;
  std::map<std::string, Range> ranges_;
};

}  // namespace kinema::checkpoint
