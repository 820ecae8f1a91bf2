// fsync before rename, so that a crash leaves the old file or the new one.
#include "base/atomic_file.h"

#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path_text.h"

namespace kinema {
namespace {

[[noreturn]] void fail(const std::filesystem::path& target, const char* action) {
  throw Error(ErrorKind::kIo, target.string() + ": " + action + ": " + std::strerror(errno));
}

// A folder's path may end in a slash, which leaves no name. A long name loses its end, so that the
// part's is no longer than the file system allows.
std::filesystem::path part_of(const std::filesystem::path& target, long writer) {
  const auto plain = target.has_filename() ? target : target.parent_path();
  const auto ending = "." + std::to_string(writer) + ".part";
  return plain.parent_path() /
         ("." + plain.filename().string().substr(0, NAME_MAX - 1 - ending.size()) + ending);
}

// The way to a descriptor's file, which need not have a name.
std::filesystem::path way_to(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// A file without a name in the part's folder, that its way leads to; -1 where that cannot be had.
int nameless_beside(const std::filesystem::path& part) {
  const auto folder = part.has_parent_path() ? part.parent_path() : std::filesystem::path(".");
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (fd < 0 || ::access(way_to(fd).c_str(), W_OK) == 0) return fd;
  ::close(fd);
  return -1;
}

// What stands in the way of an unfinished file in `folder`: a number of errno, or 0. Permissions
// do not tell: root has all of them, also where there is no disk.
int probe(const std::filesystem::path& folder) {
  const auto part = part_of(folder / "kinema", ::getpid());
  int fd = nameless_beside(part);
  if (fd < 0) {
    fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return errno;
    ::unlink(part.c_str());
  }
  ::close(fd);
  return 0;
}

void flush(const std::filesystem::path& path, const std::filesystem::path& target) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(target, "cannot be finished");
  const bool flushed = ::fsync(fd) == 0;
  ::close(fd);
  if (!flushed) fail(target, "cannot be flushed to disk");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target)
    : target_(std::move(target)),
      part_(part_of(target_, ::getpid())),
      path_(part_),
      nameless_(nameless_beside(part_)) {
  if (nameless_ >= 0) path_ = way_to(nameless_);
}

AtomicFile::~AtomicFile() {
  if (nameless_ >= 0) ::close(nameless_);
  std::error_code ignored;
  if (!committed_) std::filesystem::remove(part_, ignored);
}

// A name is given only where there is none, so that what replaces an old file has one of its own
// for a moment.
void AtomicFile::commit() {
  flush(path_, target_);
  if (nameless_ >= 0) {
    ::unlink(part_.c_str());  // of a process that had this one's number
    if (::linkat(AT_FDCWD, path_.c_str(), AT_FDCWD, part_.c_str(), AT_SYMLINK_FOLLOW) != 0)
      fail(target_, "cannot be given its name");
  }
  if (::rename(part_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be renamed into place");
  committed_ = true;
}

void remove_part(const std::filesystem::path& target, long writer) {
  std::error_code ignored;
  std::filesystem::remove_all(part_of(target, writer), ignored);
}

std::filesystem::path nearest_existing(std::filesystem::path folder) {
  std::error_code unknown;
  while (!std::filesystem::exists(folder, unknown)) {
    const auto above = folder.parent_path();
    if (above.empty() || above == folder) return ".";
    folder = above;
  }
  return folder;
}

void check_folder(const std::filesystem::path& file,
                  const std::filesystem::path& folder,
                  const std::string& otherwise) {
  const auto where = file.string() + ": " + folder.string();
  std::error_code unknown;
  if (!std::filesystem::exists(folder, unknown))
    throw Error(ErrorKind::kIo, where + " does not exist",
                "mkdir -p " + shell_word(folder.string()));
  if (!std::filesystem::is_directory(folder, unknown))
    throw Error(ErrorKind::kIo, where + " is a file, not a folder", otherwise);
  if (const int problem = probe(folder); problem != 0)
    throw Error(ErrorKind::kIo, where + " takes no new file: " + std::strerror(problem), otherwise);
}

void check_folder_of(const std::filesystem::path& file, const std::string& otherwise) {
  check_folder(file, file.has_parent_path() ? file.parent_path() : ".", otherwise);
}

void write_file(const std::filesystem::path& target, std::string_view bytes) {
  AtomicFile file(target);
  int fd = ::open(file.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail(target, "cannot be written");
  while (!bytes.empty()) {
    auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      int saved = errno;
      ::close(fd);
      errno = saved;
      fail(target, "cannot be written");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::close(fd) != 0) fail(target, "cannot be written");
  file.commit();
}

}  // namespace kinema
