// Jobs from standard input: the first is read here, the rest by the program that runs them.
#pragma once

#include <filesystem>

namespace kinema::cli {

// Reads lines of standard input up to the first job's, and no byte more, into a new file in
// `folder`, which is made. Returns the file. Throws Error(kUsage) if there is no job.
std::filesystem::path copy_first_line(const std::filesystem::path& folder);

}  // namespace kinema::cli
