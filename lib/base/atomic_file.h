// Files that appear whole or not at all: written aside on the same disk, flushed, renamed.
#pragma once

#include <filesystem>
#include <string>
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

// The first of `folder` and those above it that is there: where the missing ones would be made.
std::filesystem::path nearest_existing(std::filesystem::path folder);

// Makes an unfinished file in `folder` and removes it. Throws Error(kIo) naming `file`, which is to
// be written there, if that cannot be done; `otherwise` is the hint where another place is wanted.
void check_folder(const std::filesystem::path& file,
                  const std::filesystem::path& folder,
                  const std::string& otherwise);
// Of the folder that `file` is in.
void check_folder_of(const std::filesystem::path& file, const std::string& otherwise);

// Writes `bytes` through an AtomicFile. Throws Error(kIo).
void write_file(const std::filesystem::path& target, std::string_view bytes);

}  // namespace kinema
