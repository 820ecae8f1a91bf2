// The program people call: finds the verb, prints errors, returns exit codes. No LibTorch here.
#include <algorithm>
#include <iostream>

#include <unistd.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "command.h"
#include "config/value_text.h"
#include "help.h"
#include "prepare.h"
#include "report/style.h"
#include "variables.h"

namespace kinema::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      generate_command(), batch_command(),   decode_command(),     replay_command(),
      plan_command(),     bench_command(),   report_command(),     inspect_command(),
      models_command(),   version_command(), completion_command(), help_command()};
  return all;
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& command : commands()) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  if (name.starts_with('-'))
    throw Error(ErrorKind::kUsage, "a verb is missing before " + name,
                "kinema generate " + name + " …");
  auto hint = did_you_mean(name, names);
  throw Error(ErrorKind::kUsage, "there is no verb " + name, hint.empty() ? "kinema help" : hint);
}

namespace {

int run_command(const Command& command, const std::vector<std::string>& arguments) {
  config::Violations violations;
  const auto line = parse(arguments, command.takes, violations);
  if (line.help != HelpWanted::kNone) {
    std::cout << (line.help == HelpWanted::kShort ? short_help(command) : long_help(command));
    return 0;
  }
  violations.throw_if_any();
  const auto& settings = command.takes.settings;
  if (std::find(settings.begin(), settings.end(), "model") != settings.end())
    warn_of_unknown_variables();
  return command.run(command, line);
}

// JSON, in which settings travel and are stored, holds no other texts.
void check_texts(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool is_value = i > 0 && arguments[i - 1].starts_with('-');
    check_utf8(arguments[i],
               is_value ? "what follows " + arguments[i - 1] : fmt::format("argument {}", i + 1),
               ErrorKind::kUsage);
  }
}

int run(const std::vector<std::string>& arguments) {
  check_texts(arguments);
  if (arguments.empty()) {
    std::cerr << general_help();
    return exit_code(ErrorKind::kUsage);
  }
  const auto& first = arguments.front();
  if (first == "-h" || first == "--help") {
    std::cout << general_help();
    return 0;
  }
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  return run_command(find_command(first == "--version" ? "version" : first), rest);
}

// --color before anything is parsed, since errors about the parsing are coloured too.
config::ColorMode color_mode(const std::vector<std::string>& arguments) {
  const auto variables = environment();
  const auto no_color = variables.find("NO_COLOR");
  auto mode = no_color != variables.end() && !no_color->second.empty() ? config::ColorMode::kNever
                                                                       : config::ColorMode::kAuto;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string value;
    if (arguments[i] == "--color" && i + 1 < arguments.size()) value = arguments[i + 1];
    if (arguments[i].starts_with("--color=")) value = arguments[i].substr(8);
    mode = config::Value<config::ColorMode>::parse(value).value_or(mode);
  }
  return mode;
}

int run_program(const std::vector<std::string>& arguments) {
  const bool color = report::use_color(color_mode(arguments), isatty(STDERR_FILENO) == 1);
  try {
    const int code = run(arguments);
    if (!std::cout.flush())
      throw Error(ErrorKind::kIo, "standard output cannot be written, so what was asked is lost");
    return code;
  } catch (const Error& error) {
    std::cerr << report::error_text(error, color);
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    std::cerr << report::error_text(
        Error(ErrorKind::kInternal, error.what(), "this is a bug; please report it"), color);
    return exit_code(ErrorKind::kInternal);
  }
}

}  // namespace
}  // namespace kinema::cli

int main(int argc, char** argv) { return kinema::cli::run_program({argv + 1, argv + argc}); }
