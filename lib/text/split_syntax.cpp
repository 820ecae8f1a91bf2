// One pass over the pattern; what is not recognised is refused.
#include "text/split_syntax.h"

#include <array>
#include <span>

#include "base/error.h"
#include "text/unicode_ranges.h"

namespace kinema::text {
namespace {

std::string hexadecimal(char32_t value) {
  std::string digits;
  for (; value != 0; value /= 16) digits.insert(digits.begin(), "0123456789ABCDEF"[value % 16]);
  return "\\x{" + digits + "}";
}

std::string members(std::span<const CodePointRange> ranges) {
  std::string out;
  for (const auto& range : ranges) out += hexadecimal(range.first) + "-" + hexadecimal(range.last);
  return out;
}

class Translator {
 public:
  Translator(std::string_view pattern, const std::string& where)
      : pattern_(pattern), where_(where) {}

  std::string translated() {
    while (at_ < pattern_.size()) {
      if (pattern_[at_] == '\\') {
        escape();
      } else if (in_class_) {
        class_member();
      } else {
        ordinary();
      }
    }
    if (in_class_) refuse("a [ without its ]");
    return out_;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kModel, where_ + ": the regular expression \"" + std::string(pattern_) +
                                       "\" uses " + what + ", which is not supported");
  }

  bool follows(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }

  void copy(size_t count) {
    out_ += pattern_.substr(at_, count);
    at_ += count;
  }

  // Members of a class, in brackets of their own where there are none.
  void put_class(const std::string& inside) { out_ += in_class_ ? inside : "[" + inside + "]"; }

  void escape() {
    if (follows("\\p{L}")) return named("\\p{L}", recent_letters());
    if (follows("\\p{N}")) return named("\\p{N}", recent_numbers());
    const char letter = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (letter == 's') {
      put_class(members(white_space()));
      at_ += 2;
    } else if (letter == 'S' && !in_class_) {
      out_ += "[^" + members(white_space()) + "]";
      at_ += 2;
    } else if (std::string_view("rnt").find(letter) != std::string_view::npos ||
               std::string_view("[](){}.*+?|^$/-\\'\"#&~!@%=<>:;, ").find(letter) !=
                   std::string_view::npos) {
      copy(2);
    } else {
      refuse("the escape \"" + std::string(pattern_.substr(at_, 2)) + "\"");
    }
  }

  void named(std::string_view name, std::span<const CodePointRange> recent) {
    put_class(std::string(name) + members(recent));
    at_ += name.size();
  }

  void class_member() {
    // Oniguruma nests classes and intersects them.
    if (follows("[") || follows("&&")) refuse("a class inside a class");
    if (follows("]")) in_class_ = false;
    copy(1);
  }

  void ordinary() {
    if (follows("[")) {
      in_class_ = true;
      copy(follows("[^") ? 2 : 1);
      if (follows("]")) refuse("a class that begins with ]");
    } else if (follows("(?")) {
      group();
    } else if (follows(".") || follows("^") || follows("$")) {
      // Both have other ideas of lines.
      refuse(std::string("\"") + pattern_[at_] + "\"");
    } else if (follows("}+")) {
      refuse("\"}+\"");  // possessive for one, a repeat of a repeat for the other
    } else {
      copy(1);
    }
  }

  void group() {
    constexpr std::array<std::string_view, 7> kKnown = {"(?i:", "(?:",  "(?=", "(?!",
                                                        "(?<=", "(?<!", "(?>"};
    for (auto known : kKnown) {
      if (follows(known)) return copy(known.size());
    }
    refuse("the group \"" + std::string(pattern_.substr(at_, 4)) + "\"");
  }

  std::string_view pattern_;
  const std::string& where_;
  size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

std::string pcre_syntax(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).translated();
}

}  // namespace kinema::text
