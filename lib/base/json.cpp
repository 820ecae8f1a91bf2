// Reading and parsing, with nlohmann's byte offsets turned into lines and columns.
#include "base/json.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

namespace kinema {
namespace {

// nlohmann keeps the last of two equal keys in silence; a configuration that says two things is a
// mistake.
class DuplicateKeys {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      open_.resize(static_cast<size_t>(depth) + 1);
      open_.back().clear();
    } else if (event == Json::parse_event_t::key) {
      auto key = parsed.get<std::string>();
      if (!open_.at(static_cast<size_t>(depth) - 1).insert(key).second && first_.empty())
        first_ = key;
    }
    return true;
  }
  const std::string& first() const { return first_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string first_;
};

// nlohmann's text without its "[json.exception.…] parse error at line …:" prefix.
std::string reason(const Json::parse_error& error) {
  std::string what = error.what();
  // Bytes that are no UTF-8 are not repeated: they would garble a terminal.
  if (what.find("UTF-8") != std::string::npos)
    what.resize(std::min(what.size(), what.find("; last read")));
  auto colon = what.find(": ");
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

}  // namespace

std::string position(std::string_view text, size_t offset) {
  auto head = text.substr(0, std::min(offset, text.size()));
  auto line = std::count(head.begin(), head.end(), '\n') + 1;
  auto start = head.rfind('\n');
  auto column = start == std::string_view::npos ? head.size() + 1 : head.size() - start;
  return std::to_string(line) + ":" + std::to_string(std::max<size_t>(column, 1));
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code unknown_size;
  const auto size = std::filesystem::file_size(path, unknown_size);
  // In one piece where the size is known, which pipes do not tell.
  std::string text(unknown_size ? 0 : size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  text.append(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) {
    throw Error(ErrorKind::kIo, path.string() + ": cannot be read: " + std::strerror(errno));
  }
  return text;
}

Json parse_json(std::string_view text, const std::string& name, ErrorKind kind) {
  DuplicateKeys duplicates;
  try {
    auto value = Json::parse(text, std::ref(duplicates));
    if (!duplicates.first().empty()) {
      throw Error(kind,
                  name + ": the key \"" + duplicates.first() + "\" stands twice in one object");
    }
    return value;
  } catch (const Json::parse_error& error) {
    throw Error(kind, name + ":" + position(text, error.byte == 0 ? 0 : error.byte - 1) + ": " +
                          reason(error));
  }
}

Json read_json(const std::filesystem::path& path, ErrorKind kind) {
  if (!std::filesystem::is_regular_file(path)) {
    throw Error(kind, path.string() + ": no such file");
  }
  return parse_json(read_text(path), path.string(), kind);
}

}  // namespace kinema
