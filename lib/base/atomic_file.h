// Files that appear whole or not at all: written aside in the same folder, flushed, renamed.
#pragma once

#include <filesystem>
#include <string_view>

namespace kinema {

// A path beside `target` to write to (".<name>.<pid>.part"). commit() makes it durable and renames
// it; a destructor without commit removes it, so that nothing half-written is left.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& path() const { return part_; }
  const std::filesystem::path& target() const { return target_; }
  // Throws Error(kIo) naming the target.
  void commit();

 private:
  std::filesystem::path target_, part_;
  bool committed_ = false;
};

// Removes what process `writer`, which has ended, left of `target` (a file or a folder) beside it.
void remove_part(const std::filesystem::path& target, long writer);

// Writes `bytes` through an AtomicFile. Throws Error(kIo).
void write_file(const std::filesystem::path& target, std::string_view bytes);

}  // namespace kinema
