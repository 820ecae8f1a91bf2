// A file as read-only memory, so that a weight costs nothing until somebody reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace kinema::checkpoint {

// The mapping lives as long as the object. The file must not be shortened meanwhile.
class MappedFile {
 public:
  // Throws Error(kModel) if there is no such regular file or it cannot be mapped.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Gives the pages that lie wholly inside `range` back to the system; reading them again reads the
  // file again.
  void drop(std::span<const std::byte> range) const;
  // Asks the system to read `range` ahead.
  void prefetch(std::span<const std::byte> range) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace kinema::checkpoint
