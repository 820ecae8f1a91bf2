// Exit codes and the printed form of errors.
#include "base/error.h"

#include <sstream>
#include <utility>

namespace kinema {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kConfig:
      return 3;
    case ErrorKind::kModel:
      return 4;
    case ErrorKind::kMemory:
      return 5;
    case ErrorKind::kComm:
      return 6;
    case ErrorKind::kIo:
      return 7;
    case ErrorKind::kInterrupted:
      return 130;
    case ErrorKind::kInternal:
      return 70;
  }
  return 70;
}

Error::Error(ErrorKind kind, const std::string& what, std::string hint)
    : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

std::string formatted(const Error& error) {
  std::ostringstream out;
  std::istringstream lines(error.what());
  // A line "hint: …" inside the text belongs to the violation before it.
  for (std::string line; std::getline(lines, line);) {
    out << (line.starts_with("hint: ") ? "  " : "error: ") << line << '\n';
  }
  if (!error.hint().empty()) out << "  hint: " << error.hint() << '\n';
  return out.str();
}

}  // namespace kinema
