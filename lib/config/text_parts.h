// What the texts of several types are put together from.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value_text.h"

namespace kinema::config {

// The integer that the whole text is.
template <class T>
std::optional<T> whole_number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

}  // namespace kinema::config
