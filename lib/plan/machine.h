// What this machine has: GPUs that the program may use and free memory, found without any GPU
// library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kinema::plan {

// Names of the visible GPUs in CUDA's order, as the driver lists them and CUDA_VISIBLE_DEVICES (if
// given) selects them by number; empty without a driver. `driver` is the driver's folder.
std::vector<std::string> visible_gpus(
    const std::optional<std::string>& cuda_visible_devices,
    const std::filesystem::path& driver = "/proc/driver/nvidia/gpus");

// MemAvailable, bytes; 0 if unknown.
uint64_t available_memory(const std::filesystem::path& meminfo = "/proc/meminfo");

// Bytes free to this user on the file system of `folder`; nothing if it cannot be asked.
std::optional<uint64_t> free_disk(const std::filesystem::path& folder);

}  // namespace kinema::plan
