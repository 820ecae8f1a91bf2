// The manual page, made from the same definitions as the help.
#pragma once

#include <string>

namespace kinema::cli {

// In the language of man(7): all verbs, all flags once, exit codes.
std::string man_page();

}  // namespace kinema::cli
