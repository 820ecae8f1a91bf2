// Text only; lines of at most 100 columns.
#include "help.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "config/options.h"

namespace kinema::cli {
namespace {

using config::Option;

constexpr size_t kColumns = 100, kIndent = 8;

// `text` in lines of at most kColumns, each after kIndent blanks.
std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string out, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && kIndent + line.size() + 1 + word.size() > kColumns) {
      out += std::string(kIndent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return out + std::string(kIndent, ' ') + line + "\n";
}

std::string entry(const Option& option) {
  std::string text = "  " + flags_line(option) + "\n" + wrapped(about(option));
  for (const auto& shorthand : option.shorthands)
    text += "  " + listed_flags(shorthand.flags) + "\n" + wrapped(shorthand.help);
  return text;
}

std::string entry(const VerbFlag& flag) {
  return "  " + flags_line(flag) + "\n" + wrapped(flag.help);
}

std::string head(const Command& command) {
  std::string text = command.summary + "\n\nusage: kinema " + command.name +
                     (command.usage.empty() ? "" : " " + command.usage) + "\n";
  if (!command.examples.empty()) text += "\n";
  for (const auto& example : command.examples)
    text += "  kinema " + command.name + " " + example + "\n";
  return text;
}

std::string groups(const Command& command) {
  std::string text;
  const char* heading = "";
  for (const auto& key : command.takes.settings) {
    const auto& option = config::option(key);
    if (config::heading(option.group) != heading) {
      heading = config::heading(option.group);
      text += fmt::format("\n{}\n", heading);
    }
    text += entry(option);
  }
  return text;
}

struct CommonRow {
  const char* flags;
  const char* about;
  const char* key;  // whose default is printed
};

// What most people need; defaults come from the table.
constexpr CommonRow kCommon[] = {
    {"-W N -H N, --aspect-ratio W:H", "size", "width"},
    {"--num-frames N | --duration X", "length", "num_frames"},
    {"--steps N", "denoising steps", "num_inference_steps"},
    {"--guidance-scale X", "how strongly the prompt counts", "guidance_scale"},
    {"--seed N", "starting noise", "seed"},
    {"--num-outputs-per-prompt N", "videos with seeds N, N+1, ...", "num_outputs_per_prompt"},
    {"--device, --dtype, --threads", "where and in what type", "device"},
    {"--vae-tiling auto|on|off", "memory of decoding", "vae_tiling"},
    {"--frames-dir DIR, --crf N", "what is written", "crf"},
    {"--config FILE, --dry-run", "settings from a file, check only", nullptr},
    {"--json, --progress, -q, -v", "what is printed", "progress"},
};

std::string common_flags() {
  std::string text = "\ncommon flags\n";
  for (const auto& row : kCommon) {
    text += fmt::format("  {:<32} {:<34}", row.flags, row.about);
    if (row.key != nullptr) text += fmt::format(" [{}]", config::option(row.key).default_text());
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

// Among the common ones already?
bool is_common(const VerbFlag& flag) {
  return std::any_of(std::begin(kCommon), std::end(kCommon), [&](const CommonRow& row) {
    return std::string_view(row.flags).find(flag.flags.front()) != std::string_view::npos;
  });
}

}  // namespace

std::string listed_flags(const std::vector<std::string>& flags) {
  std::string text;
  for (const auto& flag : flags) text += (text.empty() ? "" : ", ") + flag;
  return text;
}

std::string flags_line(const Option& option) {
  if (option.field.is_switch) {
    const bool on = option.field.json(config::Request{}).get<bool>();
    return on ? "--no-" + option.flag().substr(2) : listed_flags(option.flags);
  }
  const auto& value = option.field.placeholder;
  return listed_flags(option.flags) + (option.bare.empty() ? " " + value : " [" + value + "]");
}

std::string flags_line(const VerbFlag& flag) {
  return listed_flags(flag.flags) + (flag.placeholder.empty() ? "" : " " + flag.placeholder);
}

std::string about(const Option& option) {
  const auto text = option.field.is_switch && flags_line(option).starts_with("--no-")
                         ? "do not " + option.help
                         : option.help;
  return text + fmt::format(" [{}: {}]", option.key, option.default_text());
}

std::string general_help() {
  std::string text =
      "Kinema makes videos from text, or from text and an image.\n\nusage: kinema VERB [flags]\n\n";
  for (const auto& command : commands())
    text += fmt::format("  {:<12} {}\n", command.name, command.summary);
  return text +
         "\n  kinema generate -p \"Rain on a tin roof\" -o rain.mp4\n\n"
         "More: kinema VERB -h | kinema VERB --help | exit codes: kinema help exit-codes\n";
}

std::string short_help(const Command& command) {
  std::string text = head(command);
  const bool has_common = command.takes.settings.size() > 10;
  if (has_common) text += common_flags();
  const char* gap = "\n";
  for (const auto& flag : command.takes.own) {
    if (has_common && is_common(flag)) continue;
    text += std::exchange(gap, "") + entry(flag);
  }
  return text + fmt::format("\nMore: kinema {} --help | exit codes: kinema help exit-codes\n",
                            command.name);
}

std::string long_help(const Command& command) {
  std::string text = head(command);
  if (!command.takes.settings.empty()) {
    text +=
        "\nIn brackets: the key of a flag in a --config file, and its default. Precedence, lowest "
        "first: program,\n"
        "model, --config, environment (KINEMA_MODEL, KINEMA_LOG, NO_COLOR), flags.\n";
  }
  text += groups(command);
  if (!command.takes.own.empty()) text += "\nthis verb\n";
  for (const auto& flag : command.takes.own) text += entry(flag);
  text += "  -h, --help\n" + wrapped("one screen of help, or all of it");
  return text;
}

std::string exit_codes_help() {
  return "exit codes\n"
         "    0  all done\n"
         "    1  some jobs of a batch failed, or a comparison found a regression\n"
         "    2  usage: a flag or verb that does not exist or is malformed\n"
         "    3  a configuration, job or plan that breaks a rule\n"
         "    4  model files: missing, damaged, not what the model wants\n"
         "    5  out of memory, or would be\n"
         "    6  another process or a collective failed\n"
         "    7  reading or writing media and result files\n"
         "   70  a bug in this program\n"
         "  130  interrupted (SIGINT), 143 terminated (SIGTERM)\n";
}

}  // namespace kinema::cli
