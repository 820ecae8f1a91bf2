// Diagnostics on stderr: notes, warnings and debug lines; results never go through here.
#pragma once

#include <string>
#include <string_view>

#include "base/format.h"

namespace kinema {

enum class LogLevel { kQuiet, kNormal, kVerbose, kDebug };

// Sets what is printed from now on: kQuiet warnings only, kNormal notes too, kVerbose and kDebug
// more.
void set_log_level(LogLevel level);
// Nothing is printed from now on: for a process whose first peer says the same.
void mute_log();

// "note: …": what the program chose or rounded; "warning: …": what may not be what the user meant.
void note(std::string_view text);
void warn(std::string_view text);
void log_verbose(std::string_view text);

}  // namespace kinema
