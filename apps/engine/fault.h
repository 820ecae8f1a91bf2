// A test aid: makes one rank fail on purpose, so that tests see what the others do about it.
#pragma once

#include <optional>
#include <string>

namespace kinema::engine {

// KINEMA_FAULT="rank=2,phase=denoise step 2,kind=kill". Kinds: throw (an exception nobody expects),
// exit (leaves without a word), kill (SIGKILL), hang (does nothing for ever). A phase without its
// step stands for the first of its steps; a gather of weights ("weights/0 all_gather #7") is one
// too, on whatever thread. With mark=FILE the file is made just before, so that
// its time is the fault's; with once=yes beside it nothing happens where it is there. Only tests
// set the variable; nothing happens without it.
class Fault {
 public:
  // What the environment asks for. Throws Error(kConfig) if it makes no sense.
  static std::optional<Fault> from_environment();

  // Fails if this rank has just entered the phase that is meant.
  void enter(int rank, const std::string& phase) const;

 private:
  enum class Kind { kThrow, kExit, kKill, kHang };
  Fault() = default;

  int rank_ = 0;
  std::string phase_, mark_;
  bool once_ = false;
  Kind kind_ = Kind::kThrow;
};

}  // namespace kinema::engine
