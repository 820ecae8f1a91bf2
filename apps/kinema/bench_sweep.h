// The sweeps of kinema bench: nothing is measured here, only said how.
#pragma once

#include <filesystem>

#include "command_line.h"

namespace kinema::cli {

// Settings given as flags hold in every cell and take the place of an axis.

// Prints the cells of the sweep in `file`: a command line each, or a comment with the reason why it
// cannot run; with --json a list of objects. `takes` are bench's flags, by which each command is
// checked.
void print_cells(const std::filesystem::path& file,
                 const CommandLine& line,
                 const VerbFlags& takes);

// Prints the sweep as a shell script.
void print_script(const std::filesystem::path& file, const CommandLine& line);

}  // namespace kinema::cli
