// How many files a process may have open at a time.
#pragma once

#include <cstdint>

namespace kinema::launch {

// Raises this process's limit, which those it forks inherit, as far as it may be: LibTorch, Gloo
// and NCCL open some for every process of a run, and say of a missing one what nobody understands.
// Throws Error(kConfig) if a run of `processes` needs more.
void allow_open_files(int64_t processes);

}  // namespace kinema::launch
