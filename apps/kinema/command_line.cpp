// The only file that knows CLI11.
#include "command_line.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/nearest.h"
#include "config/options.h"

namespace kinema::cli {
namespace {

using config::find_option;
using config::Option;
using config::Violations;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

// CLI11 takes the next word as the value of "--flag=": the empty value becomes a word of its own.
void part_empty_values(std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto& word = arguments[i];
    if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    word.pop_back();
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(++i), "");
  }
}

bool is_number(const std::string& word) { return config::Value<double>::parse(word).has_value(); }

// "--lora PATH SCALE" becomes "--lora PATH:SCALE": whether a second word belongs to the flag, only
// a look at it tells.
void join_scales(std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto flag = arguments[i].substr(0, arguments[i].find('='));
    const bool takes_scale = std::any_of(
        config::options().begin(), config::options().end(),
        [&](const Option& option) { return option.field.is_list && option.flag() == flag; });
    const size_t value = flag.size() == arguments[i].size() ? i + 1 : i;
    if (!takes_scale || value + 1 >= arguments.size() || !is_number(arguments[value + 1])) continue;
    arguments[value] += ":" + arguments[value + 1];
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(value) + 1);
  }
}

// One thing CLI11 looks for and what its occurrences mean.
struct Bound {
  CLI::Option* parsed;
  const Option* setting = nullptr;
  const VerbFlag* own = nullptr;
  std::vector<std::string> shorthand = {};  // values of -v, -vv
};

class Parser {
 public:
  explicit Parser(const VerbFlags& takes) : app_("", "") {
    app_.set_help_flag();
    app_.allow_extras();
    short_help_ = app_.add_flag("-h");
    long_help_ = app_.add_flag("--help");
    names_ = {"-h", "--help"};
    for (const auto& key : takes.settings) add(config::option(key));
    for (const auto& flag : takes.own) add(flag);
  }

  CommandLine parse(std::vector<std::string> arguments,
                    const VerbFlags& takes,
                    Violations& violations);

 private:
  void add(const Option& option);
  void add(const VerbFlag& flag);
  CLI::Option* valued(const std::vector<std::string>& flags, bool may_be_bare);
  void remember(const std::vector<std::string>& flags) {
    names_.insert(names_.end(), flags.begin(), flags.end());
  }
  void collect(const Bound& bound, CommandLine& line, Violations& violations) const;
  void collect_value(const std::string& flag,
                     const std::string& value,
                     const Bound& bound,
                     CommandLine& line,
                     Violations& violations) const;
  void collect_extras(const VerbFlags& takes, CommandLine& line, Violations& violations) const;

  CLI::App app_;
  CLI::Option *short_help_ = nullptr, *long_help_ = nullptr;
  std::vector<Bound> bound_;
  std::vector<std::string> names_;
};

CLI::Option* Parser::valued(const std::vector<std::string>& flags, bool may_be_bare) {
  remember(flags);
  auto* made = app_.add_option(joined(flags))
                   ->type_name("")
                   ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  made->expected(may_be_bare ? 0 : 1, 1)->allow_extra_args(false);
  return made;
}

void Parser::add(const Option& option) {
  if (option.field.is_switch) {
    const auto negative = "--no-" + option.flag().substr(2);
    remember(option.flags);
    remember({negative});
    auto* made = app_.add_flag(joined(option.flags) + ",!" + negative);
    bound_.push_back({made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll), &option});
  } else {
    bound_.push_back({valued(option.flags, !option.bare.empty()), &option});
  }
  for (const auto& shorthand : option.shorthands) {
    remember(shorthand.flags);
    auto* made = app_.add_flag(joined(shorthand.flags))
                     ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    bound_.push_back({made, &option, nullptr, shorthand.values});
  }
}

void Parser::add(const VerbFlag& flag) {
  if (!flag.placeholder.empty()) {
    bound_.push_back({valued(flag.flags, false), nullptr, &flag});
    return;
  }
  remember(flag.flags);
  bound_.push_back({app_.add_flag(joined(flag.flags)), nullptr, &flag});
}

void Parser::collect_value(const std::string& flag,
                           const std::string& value,
                           const Bound& bound,
                           CommandLine& line,
                           Violations& violations) const {
  // CLI11 takes the next word whatever it is; a flag's name there means that the value was
  // forgotten.
  const auto name = value.substr(0, value.find('='));
  const bool forgotten =
      name.starts_with("--") && std::find(names_.begin(), names_.end(), name) != names_.end();
  if (forgotten) {
    violations.add(ErrorKind::kUsage,
                   fmt::format("{} needs a value, but {} follows it", flag, value));
  } else if (bound.own != nullptr) {
    line.own.emplace_back(bound.own->flags.front(), value);
  } else {
    line.settings.push_back({bound.setting->key, flag, value});
  }
}

void Parser::collect(const Bound& bound, CommandLine& line, Violations& violations) const {
  const auto results = bound.parsed->results();
  if (results.empty()) return;
  if (!bound.shorthand.empty()) {
    const auto value = bound.shorthand[std::min(results.size(), bound.shorthand.size()) - 1];
    line.settings.push_back({bound.setting->key, bound.parsed->get_name(false, true), value});
  } else if (bound.own != nullptr && bound.own->placeholder.empty()) {
    line.own.emplace_back(bound.own->flags.front(), "");
  } else {
    const auto& flag = bound.own != nullptr ? bound.own->flags.front() : bound.setting->flag();
    for (const auto& result : results) {
      const bool bare = bound.setting != nullptr && !bound.setting->bare.empty() &&
                        (result.empty() || result == "{}");
      collect_value(flag, bare ? bound.setting->bare : result, bound, line, violations);
    }
  }
}

// What no flag took. Words behind a mistake are probably its value, and not worth a second message.
void Parser::collect_extras(const VerbFlags& takes,
                            CommandLine& line,
                            Violations& violations) const {
  bool after_mistake = !violations.empty();
  std::string stray;
  for (const auto& extra : app_.remaining()) {
    if (extra.size() > 1 && extra.front() == '-') {
      const auto flag = extra.substr(0, extra.find('='));
      violations.add(ErrorKind::kUsage, "unknown flag " + flag, did_you_mean(flag, names_));
      after_mistake = true;
    } else if (!takes.positional.empty()) {
      line.positionals.push_back(extra);
    } else if (!after_mistake) {
      stray += (stray.empty() ? "" : " ") + extra;
    }
  }
  if (stray.empty()) return;
  violations.add(ErrorKind::kUsage, "no flag takes \"" + stray + "\"",
                 "for a prompt: -p \"" + stray + "\"");
}

CommandLine Parser::parse(std::vector<std::string> arguments,
                          const VerbFlags& takes,
                          Violations& violations) {
  CommandLine line;
  join_scales(arguments);
  part_empty_values(arguments);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app_.parse(arguments);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    violations.add(ErrorKind::kUsage, what.substr(0, what.find(':')) + " needs a value");
    return line;
  } catch (const CLI::ParseError& error) {
    violations.add(ErrorKind::kUsage, error.what());
    return line;
  }
  if (short_help_->count() > 0) line.help = HelpWanted::kShort;
  if (long_help_->count() > 0) line.help = HelpWanted::kLong;
  for (const auto& bound : bound_) collect(bound, line, violations);
  collect_extras(takes, line, violations);
  return line;
}

}  // namespace

std::vector<std::string> all_settings() { return config::option_keys(); }

bool CommandLine::has(const std::string& flag) const { return value(flag).has_value(); }

std::optional<std::string> CommandLine::value(const std::string& flag) const {
  for (const auto& [name, given] : own) {
    if (name == flag) return given;
  }
  return std::nullopt;
}

bool wants_json(const CommandLine& line) {
  return std::any_of(line.settings.begin(), line.settings.end(), [](const auto& given) {
    return given.key == "json" && given.value == "true";
  });
}

CommandLine parse(const std::vector<std::string>& arguments,
                  const VerbFlags& takes,
                  Violations& violations) {
  return Parser(takes).parse(arguments, takes, violations);
}

}  // namespace kinema::cli
