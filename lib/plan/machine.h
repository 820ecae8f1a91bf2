// What this machine has: GPUs that the program may use, free memory and cores, found without
// loading any GPU library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plan/gpu_driver.h"

namespace kinema::plan {

using AskDriver = std::function<std::optional<std::vector<std::string>>()>;

// Names of the visible GPUs in CUDA's order; empty without a driver. Where equal cards are selected
// by number (CUDA_VISIBLE_DEVICES, if given), the driver's list of files is enough; otherwise its
// library is asked, too, and believed if it answers. `driver` is the driver's folder.
std::vector<std::string> visible_gpus(
    const std::optional<std::string>& cuda_visible_devices,
    const std::filesystem::path& driver = "/proc/driver/nvidia/gpus",
    const AskDriver& ask = [] { return driver_gpus(); });

// Bytes of host memory that this process may take: what the system has available, within its
// control groups' bounds; 0 if unknown. `root` is the file system's, here and below.
uint64_t available_memory(const std::filesystem::path& root = "/");

// Cores that this process, or all of `processes` that a launcher may have bound to cores of their
// own, may compute on: those they are bound to, within its control groups' bounds; at least 1.
int64_t available_cores(int64_t processes = 1, const std::filesystem::path& root = "/");

// Bytes free to this user on the file system of `folder`; nothing if it cannot be asked.
std::optional<uint64_t> free_disk(const std::filesystem::path& folder);

}  // namespace kinema::plan
