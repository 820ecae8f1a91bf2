// Whether a file that is there can be replaced by another, whole.
#pragma once

#include <filesystem>
#include <string>

namespace kinema::plan {

// What keeps this process from giving another file (or folder) the name `path`, which one has, in
// words like "is a mount point, which cannot be replaced"; empty if nothing does.
std::string irreplaceable(const std::filesystem::path& path);

}  // namespace kinema::plan
