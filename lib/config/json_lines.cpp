// A SAX pass over an iterator that counts newlines.
#include "config/json_lines.h"

#include <vector>

#include "base/json.h"
#include "base/log.h"

namespace kinema::config {
namespace {

// Reads characters and counts the lines behind it.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int64_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (line_ != nullptr && *at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int64_t* line_;
};

class LineRecorder : public nlohmann::json_sax<Json> {
 public:
  LineRecorder(const int64_t& line, std::map<std::string, int64_t>& lines)
      : line_(line), lines_(lines) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(int64_t) override { return value(); }
  bool number_unsigned(uint64_t) override { return value(); }
  bool number_float(double, const std::string&) override { return value(); }
  bool string(std::string&) override { return value(); }
  bool binary(Json::binary_t&) override { return value(); }
  bool start_object(size_t) override { return open(false); }
  bool start_array(size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    path_.back().name = "/" + name;
    lines_[pointer()] = line_;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Level {
    bool array;
    int64_t index;
    std::string name;
  };

  std::string pointer() const {
    std::string text;
    for (const auto& level : path_)
      text += level.array ? fmt::format("/{}", level.index) : level.name;
    return text;
  }
  bool value() {
    if (!path_.empty() && path_.back().array) ++path_.back().index;
    lines_.emplace(pointer(), line_);
    return true;
  }
  bool open(bool array) {
    value();
    path_.push_back({array, -1, ""});
    return true;
  }
  bool close() {
    path_.pop_back();
    return true;
  }

  const int64_t& line_;
  std::map<std::string, int64_t>& lines_;
  std::vector<Level> path_;
};

}  // namespace

JsonLines::JsonLines(std::string_view text) {
  int64_t line = 1;
  LineRecorder recorder(line, lines_);
  Json::sax_parse(CountingIterator(text.data(), &line),
                  CountingIterator(text.data() + text.size(), nullptr), &recorder);
}

int64_t JsonLines::line(const std::string& pointer) const {
  auto found = lines_.find(pointer);
  return found == lines_.end() ? 1 : found->second;
}

}  // namespace kinema::config
