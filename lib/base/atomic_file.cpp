// fsync before rename, so that a crash leaves the old file or the new one.
#include "base/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema {
namespace {

[[noreturn]] void fail(const std::filesystem::path& target, const char* action) {
  throw Error(ErrorKind::kIo, target.string() + ": " + action + ": " + std::strerror(errno));
}

// A folder's path may end in a slash, which leaves no name.
std::filesystem::path part_of(const std::filesystem::path& target, long writer) {
  const auto plain = target.has_filename() ? target : target.parent_path();
  return plain.parent_path() /
         ("." + plain.filename().string() + "." + std::to_string(writer) + ".part");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target)
    : target_(std::move(target)), part_(part_of(target_, ::getpid())) {}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove(part_, ignored);
}

void AtomicFile::commit() {
  int fd = ::open(part_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(target_, "cannot be finished");
  const bool flushed = ::fsync(fd) == 0;
  ::close(fd);
  if (!flushed) fail(target_, "cannot be flushed to disk");
  if (::rename(part_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be renamed into place");
  committed_ = true;
}

void remove_part(const std::filesystem::path& target, long writer) {
  std::error_code ignored;
  std::filesystem::remove_all(part_of(target, writer), ignored);
}

void write_file(const std::filesystem::path& target, std::string_view bytes) {
  AtomicFile file(target);
  int fd = ::open(file.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
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
