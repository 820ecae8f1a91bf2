// Mapping and header, joined.
#include "checkpoint/safetensors.h"

namespace kinema::checkpoint {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : map_(std::make_shared<MappedFile>(path)),
      header_(parse_safetensors_header(map_->bytes(), path.string())) {}

std::span<const std::byte> SafetensorsFile::bytes(const TensorEntry& entry) const {
  return map_->bytes().subspan(entry.offset, entry.bytes);
}

}  // namespace kinema::checkpoint
