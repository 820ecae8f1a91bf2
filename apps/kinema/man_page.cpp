// Sections in the order that manual pages have.
#include "man_page.h"

#include <sstream>

#include "base/log.h"
#include "command.h"
#include "config/options.h"
#include "help.h"
#include "report/version.h"

namespace kinema::cli {
namespace {

// A line of text that troff takes as it stands.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  // A dot or an apostrophe at its begin would make it a request.
  return (out.starts_with('.') || out.starts_with('\'') ? "\\&" : "") + out + "\n";
}

std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '"' ? "\\(dq" : std::string(1, c);
  return out;
}

std::string item(const std::string& flags, const std::string& about) {
  return ".TP\n.B " + plain(flags) + plain(about);
}

std::string verbatim(const std::string& text) {
  std::string out = ".PP\n.nf\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += plain(line);
  return out + ".fi\n";
}

std::string verb(const Command& command) {
  auto text = ".SS " + command.name + "\n" + plain(command.summary);
  text += ".PP\n.B kinema " + command.name + "\n" + plain(command.usage);
  for (const auto& flag : command.takes.own) text += item(flags_line(flag), flag.help);
  std::string examples;
  for (const auto& example : command.examples)
    examples += "  kinema " + command.name + " " + example + "\n";
  if (!examples.empty()) text += verbatim(examples);
  return text;
}

std::string settings() {
  std::string text;
  const char* heading = "";
  for (const auto& option : config::options()) {
    if (config::heading(option.group) != heading) {
      heading = config::heading(option.group);
      text += fmt::format(".SS {}\n", quoted(heading));
    }
    text += item(flags_line(option), about(option));
    for (const auto& shorthand : option.shorthands)
      text += item(listed_flags(shorthand.flags), shorthand.help);
  }
  return text;
}

std::string exit_codes() {
  const auto text = exit_codes_help();
  return verbatim(text.substr(text.find('\n') + 1));
}

}  // namespace

std::string man_page() {
  std::string text =
      fmt::format(".TH KINEMA 1 \"\" \"kinema {}\" \"User Commands\"\n", report::version());
  text += ".SH NAME\nkinema \\- make videos from text, or from text and an image\n";
  text += ".SH SYNOPSIS\n.B kinema\n.I VERB\n[flags]\n.SH VERBS\n";
  for (const auto& command : commands()) text += verb(command);
  text += ".SH SETTINGS\n" +
          plain(
              "In brackets: the key of a flag in a --config file, and its default. Precedence, "
              "lowest first: program, model, --config, environment, flags.");
  text += settings();
  text += ".SH ENVIRONMENT\n";
  text += item("KINEMA_MODEL", "as --model");
  text += item("KINEMA_LOG", "as --log-level");
  text += item("NO_COLOR", "any value but the empty one: no colours");
  return text + ".SH EXIT STATUS\n" + exit_codes();
}

}  // namespace kinema::cli
