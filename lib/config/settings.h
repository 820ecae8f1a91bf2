// Where each value comes from: the layers below one request, lowest first: program, model,
// --config, environment, flags.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/request.h"
#include "config/violations.h"

namespace kinema::config {

// A request and, for each key that is not the program's default, who set it: "--seed",
// "job.json:4", "KINEMA_MODEL", "scheduler/scheduler_config.json", "random".
struct Settings {
  Request request;
  std::map<std::string, std::string> sources;

  // "the program" for a key that nobody set.
  std::string source(const std::string& key) const;
};

// One flag as it stands on a command line.
struct GivenFlag {
  std::string key, flag, value;
};

// Each layer overrules what was applied before it. Wrong values go to `violations` and change
// nothing.

// A JSON object of keys, with an optional "schema": 1. Throws Error(kConfig) if the file is missing
// or is not JSON.
void apply_file(const std::filesystem::path& file, Settings& settings, Violations& violations);

using Environment = std::map<std::string, std::string>;
// KINEMA_MODEL, KINEMA_LOG and NO_COLOR (any value but the empty one); empty variables count as
// unset.
void apply_environment(const Environment& environment, Settings& settings, Violations& violations);
void apply_flags(const std::vector<GivenFlag>& flags, Settings& settings, Violations& violations);

// Replaces "@FILE" by the file's text, "-" by standard input (at most one of the two prompts) and
// "@@…" by "@…". A byte-order mark before a file's or standard input's text and one newline behind
// it are not part of the prompt. Bytes that are no UTF-8 are refused.
void expand_prompts(Settings& settings, Violations& violations);

}  // namespace kinema::config
