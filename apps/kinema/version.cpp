// kinema version: the program and its build.
#include "report/version.h"

#include <iostream>

#include "command.h"

namespace kinema::cli {
namespace {

int run(const Command&, const CommandLine& line) {
  const auto facts = report::build_facts();
  if (!line.settings.empty()) {
    std::cout << facts.dump(2) << "\n";
    return 0;
  }
  for (const auto& [name, value] : facts.items()) {
    const auto shown =
        value.is_boolean() ? (value.get<bool>() ? "yes" : "no") : value.get<std::string>();
    std::cout << name << std::string(name.size() < 10 ? 10 - name.size() : 1, ' ') << shown << "\n";
  }
  return 0;
}

}  // namespace

Command version_command() {
  return {"version",          "Print the version and what this program was built with.",
          "[--json]",         {},
          {{"json"}, {}, ""}, run};
}

}  // namespace kinema::cli
