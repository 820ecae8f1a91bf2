// A file as read-only memory, so that a weight costs nothing until somebody reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "base/error.h"

namespace kinema::checkpoint {

// The mapping lives as long as the object. Reading it where the file has been cut off meanwhile is
// a signal, which LostPages turns into a sentence.
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
  // Bytes of `range`, in whole pages, that the system holds in memory, whoever read them.
  uint64_t cached_bytes(std::span<const std::byte> range) const;

  // Copies the bytes from `offset` on without making them part of this process's memory: what a
  // mapping costs page by page is spared, and a bad disk is an error instead of a signal. For any
  // number of threads. Throws Error(kModel) if they cannot be read or are not there any more.
  void read(uint64_t offset, std::span<std::byte> into) const;

  // Why a read of `address` has failed, if it lies in the mapping of a file that is open now: the
  // Error(kModel) that read() would throw there.
  static std::optional<Error> unreadable_at(const std::byte* address);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace kinema::checkpoint
