// JSON files with errors that say the file and the place.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_fwd.h"

namespace kinema {

// The whole file. Throws Error(kIo) if it cannot be read.
std::string read_text(const std::filesystem::path& path);

// Parses `text`; errors are Error(kind) of the form "<name>:<line>:<column>: <what>". Duplicate
// keys are errors.
Json parse_json(std::string_view text, const std::string& name, ErrorKind kind);

// read_text and parse_json; a file that is missing is Error(kind) too.
Json read_json(const std::filesystem::path& path, ErrorKind kind);

// "line:column" of a byte offset in `text`, both from 1.
std::string position(std::string_view text, size_t offset);

}  // namespace kinema
