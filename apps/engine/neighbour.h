// A process of the run on this machine, which can be seen to end.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace kinema::engine {

// This process, and the one that computes for it, as others find them.
std::string own_identity(pid_t computing);

class Neighbour {
 public:
  // Nothing if `identity` is of another machine (or one whose processes cannot be seen from here).
  static std::optional<Neighbour> from_identity(const std::string& identity);
  Neighbour(Neighbour&& other) noexcept;
  Neighbour& operator=(Neighbour&&) = delete;
  ~Neighbour();

  bool has_ended() const;
  pid_t computing() const { return computing_; }

 private:
  Neighbour(int descriptor, pid_t computing) : descriptor_(descriptor), computing_(computing) {}

  int descriptor_;
  pid_t computing_;
};

}  // namespace kinema::engine
