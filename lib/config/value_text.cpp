// Parsing and printing of single values, and of lists of numbers.
#include "config/value_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "config/text_parts.h"

namespace kinema::config {
namespace {

// "23.976" as 23976/1000: decimals are exact.
std::optional<Rational> decimal(std::string_view text) {
  auto dot = text.find('.');
  if (dot == std::string_view::npos) {
    auto value = whole_number<int64_t>(text);
    if (!value) return std::nullopt;
    return Rational{*value, 1};
  }
  const auto fraction = text.substr(dot + 1);
  if (dot == 0 || fraction.empty() || fraction.size() > 6) return std::nullopt;
  auto digits = whole_number<int64_t>(std::string(text.substr(0, dot)) + std::string(fraction));
  if (!digits || fraction.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  int64_t den = 1;
  for (size_t i = 0; i < fraction.size(); ++i) den *= 10;
  return Rational{*digits, den};
}

}  // namespace

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return text;
}

std::optional<std::string> Value<std::string>::parse(std::string_view text) {
  return std::string(text);
}
std::string Value<std::string>::text(const std::string& value) { return value; }
std::string Value<std::string>::wanted() { return "a text"; }
std::string Value<std::string>::placeholder() { return "TEXT"; }

std::optional<std::filesystem::path> Value<std::filesystem::path>::parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::filesystem::path(text);
}
std::string Value<std::filesystem::path>::text(const std::filesystem::path& value) {
  return value.string();
}
std::string Value<std::filesystem::path>::wanted() { return "a path"; }
std::string Value<std::filesystem::path>::placeholder() { return "PATH"; }

std::optional<bool> Value<bool>::parse(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}
std::string Value<bool>::text(const bool& value) { return value ? "true" : "false"; }
std::string Value<bool>::wanted() { return "true or false"; }
std::string Value<bool>::placeholder() { return ""; }

std::optional<int64_t> Value<int64_t>::parse(std::string_view text) {
  return whole_number<int64_t>(text);
}
std::string Value<int64_t>::text(const int64_t& value) { return std::to_string(value); }
std::string Value<int64_t>::wanted() { return "a whole number"; }
std::string Value<int64_t>::placeholder() { return "N"; }

std::optional<uint64_t> Value<uint64_t>::parse(std::string_view text) {
  return whole_number<uint64_t>(text);
}
std::string Value<uint64_t>::text(const uint64_t& value) { return std::to_string(value); }
std::string Value<uint64_t>::wanted() { return "a whole number from 0 to 2^64-1"; }
std::string Value<uint64_t>::placeholder() { return "N"; }

std::optional<double> Value<double>::parse(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}
std::string Value<double>::text(const double& value) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return error == std::errc() ? std::string(buffer, end) : std::to_string(value);
}
std::string Value<double>::wanted() { return "a number"; }
std::string Value<double>::placeholder() { return "X"; }

std::optional<Rational> Value<Rational>::parse(std::string_view text) {
  auto slash = text.find('/');
  std::optional<Rational> value;
  if (slash == std::string_view::npos) {
    value = decimal(text);
  } else {
    auto num = whole_number<int64_t>(text.substr(0, slash));
    auto den = whole_number<int64_t>(text.substr(slash + 1));
    if (num && den) value = Rational{*num, *den};
  }
  if (!value || value->num <= 0 || value->den <= 0) return std::nullopt;
  const int64_t common = std::gcd(value->num, value->den);
  return Rational{value->num / common, value->den / common};
}
std::string Value<Rational>::text(const Rational& value) {
  return value.den == 1 ? std::to_string(value.num) : fmt::format("{}/{}", value.num, value.den);
}
std::string Value<Rational>::wanted() {
  return "a positive number or a fraction such as 30000/1001";
}
std::string Value<Rational>::placeholder() { return "N|N/M"; }

std::optional<AspectRatio> Value<AspectRatio>::parse(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto width = whole_number<int64_t>(text.substr(0, colon));
  auto height = whole_number<int64_t>(text.substr(colon + 1));
  if (!width || !height || *width <= 0 || *height <= 0) return std::nullopt;
  return AspectRatio{*width, *height};
}
std::string Value<AspectRatio>::text(const AspectRatio& value) {
  return std::to_string(value.width) + ":" + std::to_string(value.height);
}
std::string Value<AspectRatio>::wanted() { return "two whole numbers such as 16:9"; }
std::string Value<AspectRatio>::placeholder() { return "W:H"; }

std::optional<Device> Value<Device>::parse(std::string_view text) {
  if (text == "auto") return Device{Device::Kind::kAuto, 0};
  if (text == "cpu") return Device{Device::Kind::kCpu, 0};
  if (text == "cuda") return Device{Device::Kind::kCuda, 0};
  if (!text.starts_with("cuda:")) return std::nullopt;
  auto index = whole_number<int>(text.substr(5));
  if (!index || *index < 0) return std::nullopt;
  return Device{Device::Kind::kCuda, *index};
}
std::string Value<Device>::text(const Device& value) {
  switch (value.kind) {
    case Device::Kind::kAuto:
      return "auto";
    case Device::Kind::kCpu:
      return "cpu";
    case Device::Kind::kCuda:
      return "cuda:" + std::to_string(value.index);
  }
  return "auto";
}
std::string Value<Device>::wanted() { return "auto, cpu, cuda or cuda:N"; }
std::string Value<Device>::placeholder() { return "auto|cpu|cuda[:N]"; }

std::optional<std::vector<int64_t>> Value<std::vector<int64_t>>::parse(std::string_view text) {
  return list_of<int64_t>(text);
}
std::string Value<std::vector<int64_t>>::text(const std::vector<int64_t>& value) {
  return joined(value);
}
std::string Value<std::vector<int64_t>>::wanted() { return "whole numbers such as 28,29"; }
std::string Value<std::vector<int64_t>>::placeholder() { return "N,N,..."; }

std::optional<std::vector<double>> Value<std::vector<double>>::parse(std::string_view text) {
  return list_of<double>(text);
}
std::string Value<std::vector<double>>::text(const std::vector<double>& value) {
  return joined(value);
}
std::string Value<std::vector<double>>::wanted() { return "numbers such as 1,0.7,0.4"; }
std::string Value<std::vector<double>>::placeholder() { return "X,X,..."; }

}  // namespace kinema::config
