// Texts of paths, and of the commands they stand in.
#pragma once

#include <filesystem>
#include <string>

namespace kinema {

// ".mp4" of "A.MP4": the ending, by which formats are chosen, in small letters.
std::string lowered_extension(const std::filesystem::path& path);

// "word" as a POSIX shell reads it back: in single quotes unless it is plain. For commands that are
// written or hinted at.
std::string shell_word(const std::string& word);

}  // namespace kinema
