// A pipe, a child, and what it wrote.
#include "engine_words.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "engine_process.h"

namespace kinema::cli {
namespace {

[[noreturn]] void become_child(const std::vector<std::string>& arguments, int out) {
  dup2(out, STDOUT_FILENO);
  try {
    become_engine(arguments);
  } catch (const Error& error) {
    std::cerr << formatted(error) << std::flush;
    _exit(exit_code(error.kind()));
  }
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace

std::string engine_words(const std::vector<std::string>& arguments) {
  int ends[2];
  const bool piped = pipe2(ends, O_CLOEXEC) == 0;
  std::cout.flush();
  const pid_t child = piped ? fork() : -1;
  if (child < 0) {
    throw Error(ErrorKind::kInternal,
                std::string("kinema-engine cannot be started: ") + std::strerror(errno));
  }
  if (child == 0) become_child(arguments, ends[1]);
  close(ends[1]);
  auto text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  std::exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace kinema::cli
