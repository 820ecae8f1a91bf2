// One safetensors file, mapped.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/mapped_file.h"
#include "checkpoint/safetensors_header.h"

namespace kinema::checkpoint {

class SafetensorsFile {
 public:
  // Maps the file and checks its header; no tensor is read. Throws Error(kModel).
  explicit SafetensorsFile(const std::filesystem::path& path);

  // In the order of the file.
  const std::vector<TensorEntry>& entries() const { return header_.entries; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  std::span<const std::byte> bytes(const TensorEntry& entry) const;

  // What the bytes lie in: whoever keeps pointers to them shares it.
  const std::shared_ptr<const MappedFile>& map() const { return map_; }

 private:
  std::shared_ptr<const MappedFile> map_;
  SafetensorsHeader header_;
};

}  // namespace kinema::checkpoint
