// Flags of one verb, parsed with CLI11 from the table of options.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace kinema::cli {

// A flag that is no setting of a job: it belongs to a verb.
struct VerbFlag {
  std::vector<std::string> flags;
  std::string placeholder;  // empty: a switch
  std::string help;
};

// What a verb takes beside -h and --help.
struct VerbFlags {
  std::vector<std::string> settings;  // keys of config::options()
  std::vector<VerbFlag> own;
  std::string
      positional;  // how help and errors call what stands without a flag; empty: nothing may
};

// Every key of config::options().
std::vector<std::string> all_settings();

enum class HelpWanted { kNone, kShort, kLong };

struct CommandLine {
  std::vector<config::GivenFlag> settings;
  std::vector<std::pair<std::string, std::string>> own;  // by first name: --config, --dry-run
  std::vector<std::string> positionals;
  HelpWanted help = HelpWanted::kNone;

  bool has(const std::string& flag) const;
  std::optional<std::string> value(const std::string& flag) const;
};

// Is --json among the settings?
bool wants_json(const CommandLine& line);

// `arguments` are those after the verb. Unknown flags and missing values go to `violations`.
CommandLine parse(const std::vector<std::string>& arguments,
                  const VerbFlags& takes,
                  config::Violations& violations);

}  // namespace kinema::cli
