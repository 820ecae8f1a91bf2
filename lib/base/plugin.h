// Parts of the program that are loaded only when they are used, because they bring libraries of
// their own.
#pragma once

#include <filesystem>
#include <string>

namespace kinema {

// A file in the folder of the running program.
std::filesystem::path beside_program(const std::string& name);

// Loads the shared library `module`, for good, and finds its function `symbol`. Throws
// Error(kConfig): it is not there or not ours; `build_flags` are what builds it.
void* plugin_symbol(const std::filesystem::path& module,
                    const std::string& symbol,
                    const std::string& build_flags);

}  // namespace kinema
