// Help in two lengths, made from the table of options.
#pragma once

#include <string>

#include "command.h"

namespace kinema::cli {

// All verbs, for `kinema` alone.
std::string general_help();
// One screen.
std::string short_help(const Command& command);
// Every flag with its key and default.
std::string long_help(const Command& command);
// What each exit code means.
std::string exit_codes_help();

}  // namespace kinema::cli
