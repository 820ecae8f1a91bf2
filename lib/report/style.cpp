// Two escape sequences, nothing more.
#include "report/style.h"

#include <sstream>

namespace kinema::report {

bool use_color(config::ColorMode mode, bool terminal) {
  return mode == config::ColorMode::kAlways || (mode == config::ColorMode::kAuto && terminal);
}

std::string error_text(const Error& error, bool color) {
  if (!color) return formatted(error);
  std::istringstream lines(formatted(error));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    for (const auto& [word, code] :
         {std::pair{"error:", "\x1b[1;31m"}, std::pair{"  hint:", "\x1b[36m"}}) {
      if (line.starts_with(word))
        line = code + std::string(word) + "\x1b[0m" + line.substr(std::string(word).size());
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace kinema::report
