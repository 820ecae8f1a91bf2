// Byte by byte, since what is read too much would be lost to the other program.
#include "first_line.h"

#include <string>

#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "batch/order.h"

namespace kinema::cli {

namespace fs = std::filesystem;

namespace {

std::string read_line() {
  std::string line;
  for (char c = 0; c != '\n' && ::read(STDIN_FILENO, &c, 1) == 1;) line += c;
  return line;
}

// Blank, or an object with what all jobs share.
bool is_no_job(const std::string& line) {
  if (line.find_first_not_of(" \t\r\n") == std::string::npos) return true;
  const auto object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  return object.is_object() && (object.contains("run") || object.contains("defaults"));
}

}  // namespace

fs::path copy_first_line(const fs::path& folder) {
  std::string text, line;
  do {
    line = read_line();
    text += line;
  } while (!line.empty() && is_no_job(line));
  if (line.empty())
    throw Error(ErrorKind::kUsage, "standard input has no jobs",
                "one JSON object a line, the first perhaps with \"run\" and \"defaults\"");
  if (!Json::accept(line))
    throw Error(ErrorKind::kConfig, "standard input: its first job is no JSON object on one line",
                "one JSON object a line; a job file over several lines is given by its name");
  std::error_code error;
  fs::create_directories(folder, error);
  const auto copy = folder / "input.jsonl";
  fs::remove(batch::end_mark(copy), error);
  write_file(copy, text);
  return copy;
}

}  // namespace kinema::cli
