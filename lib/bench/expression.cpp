// Recursive descent that computes as it reads; what is not needed is read without computing.
#include "bench/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <vector>

#include "base/log.h"

namespace kinema::bench {
namespace {

// Weakest first; longer signs before those they begin with.
const std::array<std::vector<std::string>, 6>& levels() {
  static const std::array<std::vector<std::string>, 6> all = {
      {{"||"}, {"&&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/", "%"}}};
  return all;
}

class Parser {
 public:
  Parser(const std::string& text, const NameValue& value_of) : text_(text), value_of_(value_of) {}

  Json whole() {
    auto value = choice();
    if (!at_end()) fail("\"" + text_.substr(at_) + "\" is left over");
    return value;
  }

 private:
  Json choice();
  Json binary(size_t level);
  Json unary();
  Json primary();
  Json number();
  Json quoted();
  Json named();
  Json combined(const std::string& sign, const Json& left, const Json& right) const;
  Json compared(const std::string& sign, const Json& left, const Json& right) const;
  Json computed(const std::string& sign, const Json& left, const Json& right) const;
  // Reads with `part` what counts only if `needed`.
  template <class Part>
  Json read_if(bool needed, Part part);

  bool at_end();
  bool take(const std::string& sign);
  bool truth(const Json& value) const;
  double numeric(const Json& value) const;
  [[noreturn]] void fail(const std::string& what) const;

  const std::string& text_;
  const NameValue& value_of_;
  size_t at_ = 0;
  bool live_ = true;  // false: what is read here is not needed
};

void Parser::fail(const std::string& what) const {
  throw Error(ErrorKind::kConfig, fmt::format("\"{}\", at character {}: {}", text_, at_ + 1, what));
}

bool Parser::at_end() {
  while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  return at_ == text_.size();
}

bool Parser::take(const std::string& sign) {
  if (at_end() || text_.compare(at_, sign.size(), sign) != 0) return false;
  at_ += sign.size();
  return true;
}

bool Parser::truth(const Json& value) const {
  if (!live_) return false;
  if (!value.is_boolean()) fail("true or false is wanted, not " + value.dump());
  return value.get<bool>();
}

double Parser::numeric(const Json& value) const {
  if (!value.is_number()) fail("a number is wanted, not " + value.dump());
  return value.get<double>();
}

template <class Part>
Json Parser::read_if(bool needed, Part part) {
  const bool before = live_;
  live_ = live_ && needed;
  auto value = part();
  live_ = before;
  return value;
}

Json Parser::choice() {
  auto condition = binary(0);
  if (!take("?")) return condition;
  const bool yes = truth(condition);
  auto first = read_if(yes, [&] { return choice(); });
  if (!take(":")) fail("\":\" is missing");
  auto second = read_if(!yes, [&] { return choice(); });
  return yes ? first : second;
}

Json Parser::binary(size_t level) {
  if (level == levels().size()) return unary();
  auto left = binary(level + 1);
  for (;;) {
    const auto& signs = levels()[level];
    const auto sign =
        std::find_if(signs.begin(), signs.end(), [&](const auto& one) { return take(one); });
    if (sign == signs.end()) return left;
    const bool decided = (*sign == "||" && truth(left)) || (*sign == "&&" && !truth(left));
    const auto right = read_if(!decided, [&] { return binary(level + 1); });
    if (live_ && !decided) left = combined(*sign, left, right);
  }
}

Json Parser::combined(const std::string& sign, const Json& left, const Json& right) const {
  if (sign == "||" || sign == "&&") return truth(right);
  if (sign == "==") return left == right;
  if (sign == "!=") return left != right;
  return sign.find_first_of("<>") == std::string::npos ? computed(sign, left, right)
                                                       : compared(sign, left, right);
}

Json Parser::compared(const std::string& sign, const Json& left, const Json& right) const {
  const double a = numeric(left), b = numeric(right);
  if (sign == "<=") return a <= b;
  if (sign == ">=") return a >= b;
  return sign == "<" ? a < b : a > b;
}

Json Parser::computed(const std::string& sign, const Json& left, const Json& right) const {
  const double a = numeric(left), b = numeric(right);
  if ((sign == "/" || sign == "%") && b == 0) fail("division by zero");
  const double value = sign == "+"   ? a + b
                       : sign == "-" ? a - b
                       : sign == "*" ? a * b
                       : sign == "/" ? a / b
                                     : std::fmod(a, b);
  const bool whole = left.is_number_integer() && right.is_number_integer() &&
                     value == std::floor(value) && std::abs(value) < 9e15;
  return whole ? Json(static_cast<int64_t>(value)) : Json(value);
}

Json Parser::unary() {
  if (take("!")) {
    const auto value = unary();
    return live_ ? Json(!truth(value)) : Json();
  }
  if (take("-")) {
    const auto value = unary();
    return live_ ? computed("-", 0, value) : Json();
  }
  return primary();
}

Json Parser::primary() {
  if (take("(")) {
    auto value = choice();
    if (!take(")")) fail("\")\" is missing");
    return value;
  }
  if (at_end()) fail("a value is missing");
  const auto c = static_cast<unsigned char>(text_[at_]);
  if (std::isdigit(c) != 0 || c == '.') return number();
  if (c == '\'' || c == '"') return quoted();
  if (std::isalpha(c) != 0 || c == '_') return named();
  fail(std::string("\"") + text_[at_] + "\" is no value and no operator");
}

Json Parser::number() {
  const auto end = text_.find_first_not_of("0123456789.", at_);
  const auto digits = text_.substr(at_, end == std::string::npos ? end : end - at_);
  const auto value = Json::parse(digits, nullptr, /*allow_exceptions=*/false);
  if (!value.is_number()) fail(digits + " is no number");
  at_ += digits.size();
  return value.is_number_unsigned() ? Json(value.get<int64_t>()) : value;
}

Json Parser::quoted() {
  const auto end = text_.find(text_[at_], at_ + 1);
  if (end == std::string::npos) fail("the text has no end");
  auto value = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  return value;
}

Json Parser::named() {
  size_t end = at_;
  while (end < text_.size() &&
         (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_'))
    ++end;
  const auto name = text_.substr(at_, end - at_);
  at_ = end;
  if (name == "true" || name == "false") return name == "true";
  return live_ ? value_of_(name) : Json();
}

}  // namespace

Json evaluate(const std::string& expression, const NameValue& value_of) {
  return Parser(expression, value_of).whole();
}

}  // namespace kinema::bench
