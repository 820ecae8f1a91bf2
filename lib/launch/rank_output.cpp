// Non-blocking pipes; 64 KB of each rank's output are kept.
#include "launch/rank_output.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema::launch {
namespace {

constexpr size_t kKeptBytes = size_t{64} << 10;

}  // namespace

RankOutput::RankOutput(int ranks, Echo echo)
    : echo_(echo), kept_(static_cast<size_t>(ranks)), unfinished_(static_cast<size_t>(ranks)) {
  for (int rank = 0; rank < ranks; ++rank) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0 || ::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
      throw Error(ErrorKind::kComm,
                  std::string("no pipe for a rank's output: ") + std::strerror(errno));
    }
    readers_.push_back(ends[0]);
    writers_.push_back(ends[1]);
  }
}

RankOutput::~RankOutput() {
  for (int fd : readers_) {
    if (fd >= 0) ::close(fd);
  }
  close_writers();
}

void RankOutput::redirect_in_rank(Speaks speaks, int rank) {
  if (speaks == Speaks::kThroughPipe) {
    ::dup2(writers_[static_cast<size_t>(rank)], STDOUT_FILENO);
    ::dup2(writers_[static_cast<size_t>(rank)], STDERR_FILENO);
  }
  for (int& fd : readers_) {
    ::close(fd);
    fd = -1;
  }
  close_writers();
}

void RankOutput::close_writers() {
  for (int fd : writers_) ::close(fd);
  writers_.clear();
}

void RankOutput::drain(int rank) {
  auto& fd = readers_[static_cast<size_t>(rank)];
  std::array<char, 4096> buffer;
  while (fd >= 0) {
    auto count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      take(rank, buffer.data(), static_cast<size_t>(count));
    } else if (count == 0) {
      ::close(fd);
      fd = -1;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void RankOutput::drain_all() {
  for (size_t rank = 0; rank < readers_.size(); ++rank) drain(static_cast<int>(rank));
}

void RankOutput::take(int rank, const char* bytes, size_t count) {
  auto& kept = kept_[static_cast<size_t>(rank)];
  kept.append(bytes, count);
  if (kept.size() > 2 * kKeptBytes) kept.erase(0, kept.size() - kKeptBytes);
  if (echo_ == Echo::kNo) return;
  auto& line = unfinished_[static_cast<size_t>(rank)];
  line.append(bytes, count);
  for (size_t end = line.find('\n'); end != std::string::npos; end = line.find('\n')) {
    const auto text = "[" + std::to_string(rank) + "] " + line.substr(0, end + 1);
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    line.erase(0, end + 1);
  }
}

std::string RankOutput::last_line(int rank) const {
  const auto& kept = kept_[static_cast<size_t>(rank)];
  auto end = kept.find_last_not_of("\n ");
  if (end == std::string::npos) return {};
  auto start = kept.rfind('\n', end);
  return kept.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

}  // namespace kinema::launch
