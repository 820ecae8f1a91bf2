// kinema completion: scripts for shells, made from the table of options.
#include <iostream>

#include "base/log.h"
#include "command.h"
#include "config/options.h"
#include "config/value_text.h"

namespace kinema::cli {
namespace {

constexpr auto kBash = R"sh(# bash completion for kinema: eval "$(kinema completion bash)"
_kinema() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{verbs}" -- "$current"))
    return
  fi
  case "$previous" in
{values}  esac
  case "${{COMP_WORDS[1]}}" in
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")); return ;;
    help) COMPREPLY=($(compgen -W "{verbs} exit-codes --man" -- "$current")); return ;;
{cases}  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _kinema kinema
)sh";

std::vector<std::string> flags_of(const Command& command) {
  std::vector<std::string> flags = {"-h", "--help"};
  for (const auto& key : command.takes.settings) {
    const auto& option = config::option(key);
    flags.insert(flags.end(), option.flags.begin(), option.flags.end());
    if (option.field.is_switch) flags.push_back("--no-" + option.flag().substr(2));
    for (const auto& shorthand : option.shorthands)
      flags.insert(flags.end(), shorthand.flags.begin(), shorthand.flags.end());
  }
  for (const auto& own : command.takes.own)
    flags.insert(flags.end(), own.flags.begin(), own.flags.end());
  return flags;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "auto on off" of a placeholder "auto|on|off"; nothing where any text may stand.
std::string choices(const std::string& text) {
  if (text.find('|') == std::string::npos || text.find_first_of("NMX[") != std::string::npos)
    return {};
  auto words = text;
  for (auto& c : words) c = c == '|' ? ' ' : c;
  return words;
}

std::string bash() {
  std::string verbs, cases, values;
  for (const auto& command : commands()) {
    verbs += (verbs.empty() ? "" : " ") + command.name;
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command.name, joined(flags_of(command)));
  }
  const auto add_values = [&](const std::string& flag, const std::string& words) {
    if (words.empty()) return;
    values += fmt::format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n",
                          flag, words);
  };
  for (const auto& option : config::options())
    add_values(option.flag(), choices(option.field.placeholder));
  for (const auto& command : commands()) {
    for (const auto& own : command.takes.own)
      add_values(own.flags.front(), choices(own.placeholder));
  }
  return fmt::format(kBash, fmt::arg("verbs", verbs), fmt::arg("values", values),
                     fmt::arg("cases", cases));
}

std::string zsh() {
  return "# zsh completion for kinema: eval \"$(kinema completion zsh)\"\nautoload -U +X "
         "bashcompinit && bashcompinit\n" +
         bash();
}

// One flag of a verb: " -l name -r", with what may follow it.
std::string fish_flag(const std::vector<std::string>& flags,
                      const std::string& placeholder,
                      const std::string& help) {
  std::string text, about;
  for (const auto& flag : flags)
    text += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
  const auto words = choices(placeholder);
  if (!words.empty()) {
    text += fmt::format(" -x -a '{}'", words);
  } else if (!placeholder.empty()) {
    text += " -r";
  }
  for (const char c : help) about += c == '\'' ? "\\'" : std::string(1, c);
  return text + " -d '" + about + "'\n";
}

std::string fish() {
  std::string text = "# fish completion for kinema: kinema completion fish | source\n";
  for (const auto& command : commands()) {
    text += fmt::format("complete -c kinema -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                        command.summary);
    const auto begin =
        fmt::format("complete -c kinema -n '__fish_seen_subcommand_from {}'", command.name);
    for (const auto& key : command.takes.settings) {
      const auto& option = config::option(key);
      const auto value = option.field.is_switch ? "" : option.field.placeholder;
      text += begin + fish_flag(option.flags, value, option.help);
      for (const auto& shorthand : option.shorthands)
        text += begin + fish_flag(shorthand.flags, "", shorthand.help);
    }
    for (const auto& own : command.takes.own)
      text += begin + fish_flag(own.flags, own.placeholder, own.help);
  }
  text += "complete -c kinema -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'\n";
  return text;
}

int run(const Command&, const CommandLine& line) {
  const auto shell = line.positionals.empty() ? std::string() : line.positionals.front();
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    throw Error(ErrorKind::kUsage,
                shell.empty() ? "a shell is missing" : "no completion is known for " + shell,
                "kinema completion bash|zsh|fish");
  }
  std::cout << (shell == "bash" ? bash() : shell == "zsh" ? zsh() : fish());
  return 0;
}

}  // namespace

Command completion_command() {
  return {"completion",      "Print a completion script for a shell.",
          "bash|zsh|fish",   {},
          {{}, {}, "SHELL"}, run};
}

}  // namespace kinema::cli
