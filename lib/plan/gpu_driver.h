// Which GPUs CUDA would show, asked of the driver's own library.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kinema::plan {

// Names of the GPUs that are visible (CUDA_VISIBLE_DEVICES is heeded), in CUDA's order; nothing if
// the library is not there or does not answer. A child process asks: one that has asked itself
// could not fork workers that use GPUs. Where there are GPUs that takes a part of a second.
std::optional<std::vector<std::string>> driver_gpus(const char* library = "libcuda.so.1");

}  // namespace kinema::plan
