// Parsing and printing of single values.
#include "config/value_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace kinema::config {
namespace {

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

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

// "0.9,0.7": nothing if a part is no T.
template <class T>
std::optional<std::vector<T>> list_of(std::string_view text) {
  std::vector<T> list;
  for (size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto value = Value<T>::parse(text.substr(at, comma - at));
    if (!value) return std::nullopt;
    list.push_back(*value);
    at = comma + 1;
  }
  return list;
}

template <class T>
std::string joined(const std::vector<T>& list) {
  std::string text;
  for (const auto& value : list) text += (text.empty() ? "" : ",") + Value<T>::text(value);
  return text;
}

// Sets `field` if `json` is a value of its type.
template <class T>
bool take(const Json& json, T& field) {
  const auto read = from_json_value<T>(json);
  if (read) field = *read;
  return read.has_value();
}

}  // namespace

template <>
const std::vector<std::string>& names<ImageFit>() {
  static const std::vector<std::string> all = {"reference", "crop", "pad", "stretch"};
  return all;
}
template <>
const std::vector<std::string>& names<Resolution>() {
  static const std::vector<std::string> all = {"480p", "720p"};
  return all;
}
template <>
const std::vector<std::string>& names<RoundFrames>() {
  static const std::vector<std::string> all = {"no", "up", "down"};
  return all;
}
template <>
const std::vector<std::string>& names<Numerics>() {
  static const std::vector<std::string> all = {"trained", "reference"};
  return all;
}
template <>
const std::vector<std::string>& names<Kernels>() {
  static const std::vector<std::string> all = {"reference", "fused"};
  return all;
}
template <>
const std::vector<std::string>& names<Dtype>() {
  static const std::vector<std::string> all = {"float32", "bfloat16"};
  return all;
}
template <>
const std::vector<std::string>& names<VaeTiling>() {
  static const std::vector<std::string> all = {"auto", "on", "off"};
  return all;
}
template <>
const std::vector<std::string>& names<Offload>() {
  static const std::vector<std::string> all = {"none", "model", "block", "disk"};
  return all;
}
template <>
const std::vector<std::string>& names<LoadAhead>() {
  static const std::vector<std::string> all = {"auto", "none", "transformer", "vae", "all"};
  return all;
}
template <>
const std::vector<std::string>& names<ParallelChoice>() {
  static const std::vector<std::string> all = {"manual", "auto"};
  return all;
}
template <>
const std::vector<std::string>& names<Codec>() {
  static const std::vector<std::string> all = {"h264", "hevc", "av1", "ffv1"};
  return all;
}
template <>
const std::vector<std::string>& names<ProgressStyle>() {
  static const std::vector<std::string> all = {"auto", "bar", "plain", "json", "none"};
  return all;
}
template <>
const std::vector<std::string>& names<ColorMode>() {
  static const std::vector<std::string> all = {"auto", "always", "never"};
  return all;
}
template <>
const std::vector<std::string>& names<LogLevel>() {
  static const std::vector<std::string> all = {"quiet", "normal", "verbose", "debug"};
  return all;
}

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

// The last @ and the : behind it: either may be in a file's name.
std::optional<Condition> Value<Condition>::parse(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const auto place = text.substr(at + 1);
  const auto colon = std::min(place.find(':'), place.size());
  const auto index = whole_number<int64_t>(place.substr(0, colon));
  const auto strength = colon == place.size() ? std::optional<double>(1)
                                              : Value<double>::parse(place.substr(colon + 1));
  if (!index || !strength) return std::nullopt;
  return Condition{text.substr(0, at), *index, *strength};
}
std::string Value<Condition>::text(const Condition& value) {
  return fmt::format("{}@{}:{}", value.image.string(), value.index,
                     Value<double>::text(value.strength));
}
std::string Value<Condition>::wanted() { return "a picture and its place such as fox.png@-1:0.8"; }
std::string Value<Condition>::placeholder() { return "FILE@INDEX[:STRENGTH]"; }

std::optional<std::vector<Condition>> Value<std::vector<Condition>>::parse(std::string_view text) {
  return list_of<Condition>(text);
}
std::string Value<std::vector<Condition>>::text(const std::vector<Condition>& value) {
  return joined(value);
}
std::string Value<std::vector<Condition>>::wanted() {
  return "pictures and their places such as a.png@0,b.png@-1:0.8 (in JSON objects with image, "
         "index and strength)";
}
std::string Value<std::vector<Condition>>::placeholder() { return "FILE@INDEX[:STRENGTH],..."; }

// The last colon, if a number follows it: there may be others in a file's name.
std::optional<Lora> Value<Lora>::parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return Lora{text, 1};
  const auto scale = Value<double>::parse(text.substr(colon + 1));
  return scale ? Lora{text.substr(0, colon), *scale} : Lora{text, 1};
}
std::string Value<Lora>::text(const Lora& value) {
  return fmt::format("{}:{}", value.path.string(), Value<double>::text(value.scale));
}
std::string Value<Lora>::wanted() { return "a file, perhaps with its strength behind it"; }
std::string Value<Lora>::placeholder() { return "PATH [SCALE]"; }

std::optional<std::vector<Lora>> Value<std::vector<Lora>>::parse(std::string_view text) {
  // As settings are handed on from a sweep.
  if (text.starts_with('['))
    return from_json_value<std::vector<Lora>>(Json::parse(text, nullptr, false));
  const auto one = Value<Lora>::parse(text);
  if (!one) return std::nullopt;
  return std::vector<Lora>{*one};
}
std::string Value<std::vector<Lora>>::text(const std::vector<Lora>& value) { return joined(value); }
std::string Value<std::vector<Lora>>::wanted() {
  return "a file, perhaps with its strength such as style.safetensors 0.8 (in JSON a list of "
         "objects with path and scale)";
}
std::string Value<std::vector<Lora>>::placeholder() { return Value<Lora>::placeholder(); }

Json lora_to_json(const Lora& lora) {
  return {{"path", lora.path.string()}, {"scale", lora.scale}};
}

std::optional<Lora> lora_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("path")) return std::nullopt;
  Lora lora;
  for (const auto& [key, value] : json.items()) {
    const bool known = key == "path"    ? take(value, lora.path)
                       : key == "scale" ? take(value, lora.scale)
                                        : false;
    if (!known) return std::nullopt;
  }
  return lora;
}

Json condition_to_json(const Condition& condition) {
  return {{"image", condition.image.string()},
          {"index", condition.index},
          {"strength", condition.strength}};
}

std::optional<Condition> condition_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("image")) return std::nullopt;
  Condition condition;
  for (const auto& [key, value] : json.items()) {
    const bool known = key == "image"      ? take(value, condition.image)
                       : key == "index"    ? take(value, condition.index)
                       : key == "strength" ? take(value, condition.strength)
                                           : false;
    if (!known) return std::nullopt;
  }
  return condition;
}

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
