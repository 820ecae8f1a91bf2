// A walk through JSON text without a tree: for the lists of a hundred thousand strings that
// tokenizer files consist of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kinema::text {

// Reads [begin, end) of `whole`, valid UTF-8; both must outlive it. Whatever is not as asked for is
// Error(kModel) "<name>:<line>:<column>: …".
class JsonScanner {
 public:
  JsonScanner(std::string_view whole, const std::string& name);
  // The value that `part`, a view into `whole`, covers.
  JsonScanner(std::string_view whole, std::string_view part, const std::string& name);

  // Consumes `mark` if it is what comes next.
  bool accept(char mark);
  void expect(char mark);
  bool at(char mark);
  bool at_string() { return at('"'); }
  // Nothing but white space may be left.
  void expect_end();

  // A string without its escapes; valid until the next call.
  std::string_view string();
  uint32_t unsigned_integer();
  // The text of the next value, of any kind and depth. Its inside is not checked.
  std::string_view raw_value();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void skip_space();
  void skip_string();
  void skip_scalar();
  void unescape(size_t from);
  char32_t escaped_code_point();
  char32_t hexadecimal();

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
  std::string unescaped_;
};

}  // namespace kinema::text
