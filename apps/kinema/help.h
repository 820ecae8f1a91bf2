// Help in two lengths, made from the table of options.
#pragma once

#include <string>

#include "command.h"
#include "config/option.h"

namespace kinema::cli {

// All verbs, for `kinema` alone.
std::string general_help();
// One screen.
std::string short_help(const Command& command);
// Every flag with its key and default.
std::string long_help(const Command& command);
// What each exit code means.
std::string exit_codes_help();

// Parts of these texts, for the manual page.
// "-p, --prompt".
std::string listed_flags(const std::vector<std::string>& flags);
// With what stands for the value: "-o, --output PATH", "--no-metadata".
std::string flags_line(const config::Option& option);
std::string flags_line(const VerbFlag& flag);
// What the option does, its key and its default.
std::string about(const config::Option& option);

}  // namespace kinema::cli
