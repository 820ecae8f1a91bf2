// The handler only asks through a pipe: files can be looked up and errors told on a thread that no
// signal has interrupted.
#include "checkpoint/lost_pages.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "checkpoint/mapped_file.h"

namespace kinema::checkpoint {
namespace {

// A signal handler can reach nothing but globals: its ends of the pipes.
std::atomic<int> to_ask{-1}, to_be_told{-1};

void on_bus_error(int signal, siginfo_t* info, void*) {
  const void* address = info->si_addr;
  // A positive code: the access failed, nobody has sent the signal.
  if (info->si_code > 0 && ::write(to_ask, &address, sizeof(address)) == sizeof(address)) {
    char other = 0;
    while (::read(to_be_told, &other, 1) < 0 && errno == EINTR) continue;
  }
  // No mapped file's.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void set_handler(bool on) {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  if (on) {
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
  } else {
    action.sa_handler = SIG_DFL;
  }
  ::sigaction(SIGBUS, &action, nullptr);
}

// Where one writes and the other reads.
std::pair<int, int> pipe_ends() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Error(ErrorKind::kInternal, std::string("no pipe: ") + std::strerror(errno));
  return {ends[1], ends[0]};
}

}  // namespace

LostPages::LostPages(Fail fail) : fail_(std::move(fail)) {
  std::tie(to_ask, questions_) = pipe_ends();
  std::tie(answers_, to_be_told) = pipe_ends();
  thread_ = std::thread([this] { run(); });
  set_handler(true);
}

LostPages::~LostPages() {
  set_handler(false);
  ::close(to_ask.exchange(-1));  // ends the thread
  thread_.join();
  for (int end : {questions_, answers_, to_be_told.exchange(-1)}) ::close(end);
}

void LostPages::run() {
  const std::byte* address = nullptr;
  for (;;) {
    const auto got = ::read(questions_, &address, sizeof(address));
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof(address)) return;
    if (const auto error = MappedFile::unreadable_at(address)) fail_(*error);
    (void)!::write(answers_, "", 1);
  }
}

}  // namespace kinema::checkpoint
