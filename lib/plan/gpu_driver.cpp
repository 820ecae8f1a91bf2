// Names come through a pipe, one a line; the child's status says whether they are all.
#include "plan/gpu_driver.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>

#include <dlfcn.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kinema::plan {
namespace {

// Waking GPUs that sleep takes seconds.
constexpr int kPatience = 20'000;  // milliseconds without an answer

template <typename Signature>
Signature* function(void* library, const char* name) {
  return reinterpret_cast<Signature*>(::dlsym(library, name));
}

// The child's work, with the numbers of the driver's header. False if anything fails.
bool write_names(const char* file, int descriptor) {
  void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto init = function<int(unsigned)>(library, "cuInit");
  const auto get_count = function<int(int*)>(library, "cuDeviceGetCount");
  const auto get = function<int(int*, int)>(library, "cuDeviceGet");
  const auto get_name = function<int(char*, int, int)>(library, "cuDeviceGetName");
  int count = 0;
  if (!init || !get_count || !get || !get_name || init(0) != 0 || get_count(&count) != 0)
    return false;
  for (int index = 0; index < count; ++index) {
    std::array<char, 256> name = {};
    int device = 0;
    if (get(&device, index) != 0 || get_name(name.data(), name.size() - 1, device) != 0)
      return false;
    const auto line = std::string(name.data()) + "\n";
    if (::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return false;
  }
  return true;
}

// Up to the end of the pipe; nothing if that does not come.
std::optional<std::string> read_all(int descriptor) {
  std::string text;
  while (true) {
    pollfd wait{descriptor, POLLIN, 0};
    const int ready = ::poll(&wait, 1, kPatience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    std::array<char, 4096> buffer;
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

bool ended_well(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::optional<std::vector<std::string>> driver_gpus(const char* library) {
  int ends[2];
  if (::pipe(ends) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    ::_exit(write_names(library, ends[1]) ? 0 : 1);
  }
  ::close(ends[1]);
  const auto text = child < 0 ? std::nullopt : read_all(ends[0]);
  ::close(ends[0]);
  if (child < 0) return std::nullopt;
  if (!text) ::kill(child, SIGKILL);
  if (!ended_well(child)) return std::nullopt;
  std::vector<std::string> names;
  std::istringstream lines(*text);
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

}  // namespace kinema::plan
