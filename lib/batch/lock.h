// Keeps two runs on one state apart.
#pragma once

#include <filesystem>

#include "batch/state.h"

namespace kinema::batch {

// Held from construction until the object and every process forked since are gone.
class Lock {
 public:
  // Waits a moment for a run that is just ending. Throws Error(kConfig) naming the process that
  // holds it.
  Lock(const std::filesystem::path& folder, const Shard& shard);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace kinema::batch
