// What control groups leave a process: containers, batch systems and services are bounded by them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace kinema::plan {

// Both look at this process's group and at all above it, in version 2 of control groups or in
// version 1, in files below `root`. Nothing where no group bounds the process.

// Bytes that may still be taken; files that are only kept in memory because there is room count as
// free.
std::optional<uint64_t> group_memory(const std::filesystem::path& root = "/");
// Cores' worth of time.
std::optional<double> group_cores(const std::filesystem::path& root = "/");

}  // namespace kinema::plan
