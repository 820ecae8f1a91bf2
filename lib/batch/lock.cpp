// flock: the kernel lets it go however the process ends.
#include "batch/lock.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

namespace kinema::batch {
namespace {

constexpr std::chrono::milliseconds kPatience{3000}, kPause{50};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "unknown";
}

std::string content(int file) {
  char text[512] = {};
  const auto count = ::pread(file, text, sizeof(text) - 1, 0);
  return {text, static_cast<size_t>(count > 0 ? count : 0)};
}

}  // namespace

Lock::Lock(const std::filesystem::path& folder, const Shard& shard) {
  const auto name =
      shard.of == 1 ? std::string("lock") : fmt::format("lock-{}-of-{}", shard.index, shard.of);
  const auto path = folder / name;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw Error(ErrorKind::kIo, path.string() + ": cannot be made: " + std::strerror(errno));
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      throw Error(ErrorKind::kIo, path.string() + ": cannot be locked: " + std::strerror(errno));
    if (std::chrono::steady_clock::now() > end) {
      throw Error(ErrorKind::kConfig,
                  path.string() + ": another run works on this batch (" + content(file_) + ")",
                  "wait for it; for several machines: --shard 1/2, --shard 2/2");
    }
    std::this_thread::sleep_for(kPause);
  }
  const auto text = fmt::format("process {} on {}", ::getpid(), host_name());
  if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, text.data(), text.size(), 0) < 0)
    warn(path.string() + ": cannot be written to");
}

Lock::~Lock() { ::close(file_); }

}  // namespace kinema::batch
