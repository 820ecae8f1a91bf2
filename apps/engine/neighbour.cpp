// A descriptor of a process can be read from once it has ended, also by others than its parent.
#include "neighbour.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kinema::engine {
namespace {

// The same for all processes that see each other's numbers.
std::string machine() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code ignored;
  return boot + std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

}  // namespace

std::string own_identity(pid_t computing) {
  return machine() + " " + std::to_string(::getpid()) + " " + std::to_string(computing);
}

std::optional<Neighbour> Neighbour::from_identity(const std::string& identity) {
  std::istringstream fields(identity);
  std::string where;
  pid_t process = 0, computing = 0;
  fields >> where >> process >> computing;
  if (where != machine()) return std::nullopt;
  const long descriptor = ::syscall(SYS_pidfd_open, process, 0);
  // -1: it has ended and is nobody's child any more, or the kernel is too old to tell.
  if (descriptor < 0) return std::nullopt;
  return Neighbour(static_cast<int>(descriptor), computing);
}

Neighbour::Neighbour(Neighbour&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), computing_(other.computing_) {}

Neighbour::~Neighbour() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Neighbour::has_ended() const {
  pollfd ended{descriptor_, POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

}  // namespace kinema::engine
