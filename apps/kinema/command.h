// The verbs: one file each.
#pragma once

#include <string>
#include <vector>

#include "command_line.h"

namespace kinema::cli {

struct Command {
  std::string name, summary;  // the summary is a sentence of one line
  std::string usage;          // what stands behind "kinema <name> "
  std::vector<std::string> examples;
  VerbFlags takes;
  int (*run)(const Command& self, const CommandLine& line);  // the exit code; throws Error
};

Command generate_command();
Command batch_command();
Command decode_command();
Command replay_command();
Command plan_command();
Command bench_command();
Command report_command();
Command inspect_command();
Command models_command();
Command version_command();
Command help_command();
Command completion_command();

// In the order of the general help.
const std::vector<Command>& commands();
// Throws Error(kUsage) with the nearest verb.
const Command& find_command(const std::string& name);

}  // namespace kinema::cli
