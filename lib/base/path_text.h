// Texts of paths.
#pragma once

#include <filesystem>
#include <string>

namespace kinema {

// ".mp4" of "A.MP4": the ending, by which formats are chosen, in small letters.
std::string lowered_extension(const std::filesystem::path& path);

}  // namespace kinema
