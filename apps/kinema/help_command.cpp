// kinema help: the same texts as -h and --help, the exit codes, and the manual page.
#include <iostream>

#include "command.h"
#include "help.h"
#include "man_page.h"

namespace kinema::cli {
namespace {

int run(const Command&, const CommandLine& line) {
  if (line.has("--man")) {
    std::cout << man_page();
  } else if (line.positionals.empty()) {
    std::cout << general_help();
  } else if (line.positionals.front() == "exit-codes") {
    std::cout << exit_codes_help();
  } else {
    std::cout << long_help(find_command(line.positionals.front()));
  }
  return 0;
}

}  // namespace

Command help_command() {
  return {"help",
          "Explain a verb, or the exit codes.",
          "[VERB|exit-codes] [--man]",
          {"generate", "--man | man -l -"},
          {{}, {{{"--man"}, "", "print the whole as a manual page"}}, "TOPIC"},
          run};
}

}  // namespace kinema::cli
