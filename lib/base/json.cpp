// Reading and parsing, with nlohmann's byte offsets turned into lines and columns.
#include "base/json.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_set>
#include <vector>

namespace kinema {
namespace {

// nlohmann keeps the last of two equal keys in silence; a configuration that says two things is a
// mistake. A pass of its own: a callback that watches a parse makes it take quadratic time.
class DuplicateKeys : public Json::json_sax_t {
 public:
  bool start_object(size_t) override {
    open_.emplace_back();
    return true;
  }
  bool key(std::string& key) override {
    if (open_.back().insert(key).second) return true;
    first_ = key;
    return false;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

  const std::string& first() const { return first_; }

 private:
  std::vector<std::unordered_set<std::string>> open_;
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
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorKind::kIo, path.string() + ": is a folder, not a file");
  }
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorKind::kIo, path.string() + ": is a folder, not a file");
  }
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
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw Error(kind, name + ": is UTF-16; JSON is read as UTF-8");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw Error(kind, name + ": is UTF-16; JSON is read as UTF-8");
  try {
    auto value = Json::parse(text);
    DuplicateKeys duplicates;
    if (!Json::sax_parse(text, &duplicates)) {
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
