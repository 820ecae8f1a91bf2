// fork and exec with a pipe at the child's standard error.
#include "engine_run.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <iostream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "engine_process.h"

namespace kinema::cli {
namespace {

constexpr size_t kKeptLines = 20;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInternal,
              "kinema-engine cannot be started: " + what + ": " + std::strerror(errno));
}

// In the child. A process group of its own: a terminal's Ctrl-C reaches it through us, once.
[[noreturn]] void become_child(const plan::Job& job, int messages) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(messages, STDERR_FILENO);
  try {
    become_engine(job);
  } catch (const Error& error) {
    std::cerr << formatted(error) << std::flush;
    _exit(exit_code(error.kind()));
  }
}

// Passes on what comes until the child closes its end; keeps the last lines.
std::string passed_on(int messages, pid_t child) {
  std::string tail;
  std::array<char, 4096> buffer;
  bool told = false;
  for (;;) {
    pollfd waiting = {messages, POLLIN, 0};
    poll(&waiting, 1, /*timeout=*/100);
    if (interrupt_signal() != 0 && !told) {
      kill(child, interrupt_signal());
      told = true;
    }
    if (waiting.revents == 0) continue;
    const auto count = read(messages, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) break;
    const std::string_view words(buffer.data(), static_cast<size_t>(count));
    std::cerr << words << std::flush;
    tail += words;
    if (tail.size() > 64 * buffer.size()) tail.erase(0, tail.size() / 2);
  }
  return tail;
}

std::string last_lines(const std::string& text) {
  std::istringstream in(text);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > kKeptLines) lines.pop_front();
  }
  std::string kept;
  for (const auto& line : lines) kept += (kept.empty() ? "" : "\n") + line;
  return kept;
}

}  // namespace

EngineRun run_engine(const plan::Job& job) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("no pipe");
  std::cout.flush();
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) fail("no process");
  if (child == 0) become_child(job, ends[1]);
  close(ends[1]);
  const auto words = passed_on(ends[0], child);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), taken.count(),
          last_lines(words)};
}

}  // namespace kinema::cli
