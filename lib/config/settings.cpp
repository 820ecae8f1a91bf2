// The layers of a request, applied one over the other.
#include "config/settings.h"

#include <iostream>
#include <iterator>

#include "base/log.h"
#include "base/utf8.h"
#include "config/json_lines.h"
#include "config/options.h"
#include "config/request_json.h"

namespace kinema::config {
namespace {

std::string in_code(std::string_view value) {
  return value.empty() ? "an empty text" : std::string(value);
}

// What an editor may put around a prompt: a byte-order mark before it, a newline behind it.
std::string unwrapped(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

void set_from_variable(const Environment& environment,
                       const std::string& variable,
                       const std::string& key,
                       Settings& settings,
                       Violations& violations) {
  auto found = environment.find(variable);
  if (found == environment.end() || found->second.empty()) return;
  if (option(key).set_text(settings.request, found->second)) {
    settings.sources[key] = variable;
  } else {
    violations.add(ErrorKind::kUsage,
                   fmt::format("{}={}: must be {}", variable, found->second, option(key).wanted()));
  }
}

void refuse(const GivenFlag& given, Violations& violations) {
  violations.add(ErrorKind::kUsage, fmt::format("{} must be {}, not {}", given.flag,
                                                option(given.key).wanted(), in_code(given.value)));
}

// A list's flag given again.
void add_to_list(const GivenFlag& given, Settings& settings, Violations& violations) {
  const auto& known = option(given.key);
  Request one;
  if (!known.set_text(one, given.value)) return refuse(given, violations);
  auto list = known.field.json(settings.request);
  for (const auto& item : known.field.json(one)) list.push_back(item);
  known.set_json(settings.request, list);
}

// Throws Error(kUsage) if standard input was read before; `used` tells the two prompts apart.
std::string expanded(const std::string& text, bool& used) {
  if (text.starts_with("@@")) return text.substr(1);
  if (text == "-") {
    if (used) throw Error(ErrorKind::kUsage, "standard input can be only one of the two prompts");
    used = true;
    auto typed =
        unwrapped({std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()});
    check_utf8(typed, "standard input", ErrorKind::kUsage);
    return typed;
  }
  if (!text.starts_with("@")) return text;
  const auto file = text.substr(1);
  try {
    if (file.empty()) throw Error(ErrorKind::kUsage, "no file's name follows the @");
    auto written = unwrapped(read_text(file));
    check_utf8(written, file, ErrorKind::kUsage);
    return written;
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, error.what(),
                "a prompt that begins with @ names a file; write @@ for the sign itself");
  }
}

}  // namespace

std::string Settings::source(const std::string& key) const {
  auto found = sources.find(key);
  return found == sources.end() ? "the program" : found->second;
}

void apply_file(const std::filesystem::path& file, Settings& settings, Violations& violations) {
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(ErrorKind::kConfig, file.string() + ": no such configuration file");
  }
  const auto text = read_text(file);
  Json object = parse_json(text, file.string(), ErrorKind::kConfig);
  if (object.is_object() && object.contains("schema")) {
    if (object["schema"] != 1) {
      violations.add(
          ErrorKind::kConfig,
          fmt::format("\"schema\" {} is not known, 1 is ({}:{}, /schema)", object["schema"].dump(),
                      file.string(), JsonLines(text).line("/schema")));
    }
    object.erase("schema");
  }
  const JsonLines lines(text);
  for (const auto& key : apply_json(object, {file.string(), text, "", file.parent_path()},
                                    settings.request, violations)) {
    settings.sources[key] = fmt::format("{}:{}", file.string(), lines.line("/" + key));
  }
}

void apply_environment(const Environment& environment, Settings& settings, Violations& violations) {
  set_from_variable(environment, "KINEMA_MODEL", "model", settings, violations);
  set_from_variable(environment, "KINEMA_LOG", "log_level", settings, violations);
  auto no_color = environment.find("NO_COLOR");
  if (no_color != environment.end() && !no_color->second.empty()) {
    settings.request.color = ColorMode::kNever;
    settings.sources["color"] = "NO_COLOR";
  }
}

void apply_flags(const std::vector<GivenFlag>& flags, Settings& settings, Violations& violations) {
  std::map<std::string, std::string> seen;
  for (const auto& given : flags) {
    auto [before, first] = seen.emplace(given.key, given.value);
    if (!first && option(given.key).field.is_list) {
      add_to_list(given, settings, violations);
    } else if (!first) {
      violations.add(ErrorKind::kUsage, fmt::format("{} is given twice ({} and {})", given.flag,
                                                    before->second, given.value));
    } else if (option(given.key).set_text(settings.request, given.value)) {
      settings.sources[given.key] = given.flag;
    } else {
      refuse(given, violations);
    }
  }
}

void expand_prompts(Settings& settings, Violations& violations) {
  bool input_used = false;
  for (auto* prompt : {&settings.request.prompt, &settings.request.negative_prompt}) {
    if (!*prompt) continue;
    try {
      *prompt = expanded(**prompt, input_used);
    } catch (const Error& error) {
      violations.add(error.kind(), error.what(), error.hint());
    }
  }
}

}  // namespace kinema::config
