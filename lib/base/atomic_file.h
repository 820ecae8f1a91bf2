// Files that appear whole or not at all: written aside on the same disk, flushed, renamed.
#pragma once

#include <filesystem>
#include <string_view>

namespace kinema {

// A path to write to. Where the file system can, it leads to a file that has no name yet, so that
// nothing half-written is left however the process ends; elsewhere it is ".<name>.<pid>.part"
// beside `target`, and a destructor without commit removes it. commit() makes it durable and
// renames it.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // For this process alone.
  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& target() const { return target_; }
  // Throws Error(kIo) naming the target.
  void commit();

 private:
  std::filesystem::path target_, part_, path_;
  int nameless_ = -1;
  bool committed_ = false;
};

// Removes what process `writer`, which has ended, left of `target` (a file or a folder) beside it.
void remove_part(const std::filesystem::path& target, long writer);

// Writes `bytes` through an AtomicFile. Throws Error(kIo).
void write_file(const std::filesystem::path& target, std::string_view bytes);

}  // namespace kinema
