// RFC 8259 as far as strings, numbers and nesting go.
#include "text/json_scanner.h"

#include <cstring>
#include <limits>

#include "base/json.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

}  // namespace

JsonScanner::JsonScanner(std::string_view whole, const std::string& name)
    : text_(whole), name_(name) {}

JsonScanner::JsonScanner(std::string_view whole, std::string_view part, const std::string& name)
    : text_(whole.substr(0, static_cast<size_t>(part.data() + part.size() - whole.data()))),
      name_(name),
      at_(static_cast<size_t>(part.data() - whole.data())) {}

void JsonScanner::fail(const std::string& what) const {
  throw Error(ErrorKind::kModel, name_ + ":" + position(text_, at_) + ": " + what);
}

void JsonScanner::skip_space() {
  // Indentation is most of these files.
  constexpr uint64_t kBlanks = 0x2020202020202020u;
  for (uint64_t word = 0; at_ + sizeof word <= text_.size(); at_ += sizeof word) {
    std::memcpy(&word, text_.data() + at_, sizeof word);
    if (word != kBlanks) break;
  }
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonScanner::at(char mark) {
  skip_space();
  return at_ < text_.size() && text_[at_] == mark;
}

bool JsonScanner::accept(char mark) {
  if (!at(mark)) return false;
  ++at_;
  return true;
}

void JsonScanner::expect(char mark) {
  if (!accept(mark)) fail(std::string("'") + mark + "' is missing");
}

void JsonScanner::expect_end() {
  skip_space();
  if (at_ != text_.size()) fail("something stands behind the end");
}

std::string_view JsonScanner::string() {
  expect('"');
  const auto begin = at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') return text_.substr(begin, at_++ - begin);
    if (c == '\\') {
      unescape(begin);
      return unescaped_;
    }
    if (is_control(c)) fail("a control character stands in a string");
  }
  fail("a string has no end");
}

// The string that began at `from` and whose first escape is here.
void JsonScanner::unescape(size_t from) {
  unescaped_.assign(text_.substr(from, at_ - from));
  for (; at_ < text_.size();) {
    const char c = text_[at_++];
    if (c == '"') return;
    if (is_control(c)) fail("a control character stands in a string");
    if (c == '\\') {
      append_utf8(unescaped_, escaped_code_point());
    } else {
      unescaped_ += c;
    }
  }
  fail("a string has no end");
}

char32_t JsonScanner::escaped_code_point() {
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  if (at_ >= text_.size()) fail("a string has no end");
  const char name = text_[at_++];
  if (const auto known = kNames.find(name); known != std::string_view::npos)
    return static_cast<char32_t>(kValues[known]);
  if (name != 'u') fail(std::string("\\") + name + " is no escape");
  const auto first = hexadecimal();
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
    at_ += 2;
    const auto second = hexadecimal();
    if (second >= 0xDC00 && second <= 0xDFFF)
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }
  fail("half of a surrogate pair stands alone");
}

char32_t JsonScanner::hexadecimal() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  char32_t value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '"';
    const auto digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit == std::string_view::npos) fail("\\u wants four hexadecimal digits");
    value = value * 16 + static_cast<char32_t>(digit);
  }
  return value;
}

uint32_t JsonScanner::unsigned_integer() {
  skip_space();
  const auto begin = at_;
  uint64_t value = 0;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    value = value * 10 + static_cast<uint64_t>(text_[at_] - '0');
    if (value >= std::numeric_limits<uint32_t>::max()) fail("the number is too large");
  }
  if (at_ == begin) fail("a whole number from 0 on is missing");
  if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E'))
    fail("a whole number is wanted");
  return static_cast<uint32_t>(value);
}

void JsonScanner::skip_string() {
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return;
    }
  }
  fail("a string has no end");
}

void JsonScanner::skip_scalar() {
  const auto begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) &&
         std::string_view(",]}[{:\"").find(text_[at_]) == std::string_view::npos) {
    ++at_;
  }
  if (at_ == begin) fail("a value is missing");
}

std::string_view JsonScanner::raw_value() {
  skip_space();
  const auto begin = at_;
  size_t depth = 0;
  do {
    skip_space();
    if (at_ >= text_.size()) fail(depth == 0 ? "a value is missing" : "a bracket is not closed");
    const char c = text_[at_];
    if (c == '"') {
      skip_string();
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at_;
    } else if (depth > 0 && (c == '}' || c == ']')) {
      --depth;
      ++at_;
    } else if (depth > 0 && (c == ',' || c == ':')) {
      ++at_;
    } else {
      skip_scalar();
    }
  } while (depth > 0);
  return text_.substr(begin, at_ - begin);
}

}  // namespace kinema::text
