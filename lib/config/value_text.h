// The text and JSON forms of every type a request holds, used alike by flags, files, help and
// metadata.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/request.h"

namespace kinema::config {

// Value<T>: parse (nothing if the text is not a T), text (the shortest that parses back to the
// value), wanted (what a message says would be right), placeholder (what help shows). Numbers are
// finite.
template <class T>
struct Value;

// Names of an enumeration's values in the order of its enumerators.
template <class E>
const std::vector<std::string>& names();

#define KINEMA_VALUE(T)                                   \
  template <>                                             \
  struct Value<T> {                                       \
    static std::optional<T> parse(std::string_view text); \
    static std::string text(const T& value);              \
    static std::string wanted();                          \
    static std::string placeholder();                     \
  }
KINEMA_VALUE(std::string);
KINEMA_VALUE(std::filesystem::path);
KINEMA_VALUE(bool);
KINEMA_VALUE(int64_t);
KINEMA_VALUE(uint64_t);
KINEMA_VALUE(double);
KINEMA_VALUE(Rational);
KINEMA_VALUE(AspectRatio);
KINEMA_VALUE(Device);
KINEMA_VALUE(std::vector<int64_t>);
KINEMA_VALUE(std::vector<double>);
KINEMA_VALUE(Condition);
KINEMA_VALUE(std::vector<Condition>);
KINEMA_VALUE(Lora);
KINEMA_VALUE(std::vector<Lora>);
#undef KINEMA_VALUE

// "a, b or c".
std::string listed(const std::vector<std::string>& words);

template <class E>
requires std::is_enum_v<E>
struct Value<E> {
  static std::optional<E> parse(std::string_view text) {
    for (size_t i = 0; i < names<E>().size(); ++i) {
      if (names<E>()[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
  }
  static std::string text(E value) { return names<E>().at(static_cast<size_t>(value)); }
  static std::string wanted() { return listed(names<E>()); }
  static std::string placeholder() {
    std::string all;
    for (const auto& name : names<E>()) all += (all.empty() ? "" : "|") + name;
    return all;
  }
};

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

// {"image": path, "index": N, "strength": X}, of which the last two may be missing.
Json condition_to_json(const Condition& condition);
std::optional<Condition> condition_from_json(const Json& json);

// {"path": path, "scale": X}, of which the latter may be missing.
Json lora_to_json(const Lora& lora);
std::optional<Lora> lora_from_json(const Json& json);

// The JSON form: numbers, booleans and lists as such, conditions and adapters as objects,
// everything else as text. Whole rates are numbers.
template <class T>
Json to_json_value(const T& value) {
  if constexpr (std::is_same_v<T, Condition>) {
    return condition_to_json(value);
  } else if constexpr (std::is_same_v<T, Lora>) {
    return lora_to_json(value);
  } else if constexpr (kIsList<T>) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(to_json_value(item));
    return list;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return value;
  } else if constexpr (std::is_same_v<T, Rational>) {
    return value.den == 1 ? Json(value.num) : Json(Value<T>::text(value));
  } else {
    return Value<T>::text(value);
  }
}

// Nothing if `json` is of another type than to_json_value gives, or its text does not parse.
template <class T>
std::optional<T> from_json_value(const Json& json) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) return std::nullopt;
    return json.get<bool>();
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Rational>) {
    if (json.is_number()) return Value<T>::parse(json.dump());
    if (!std::is_same_v<T, Rational> || !json.is_string()) return std::nullopt;
    return Value<T>::parse(json.get<std::string>());
  } else if constexpr (std::is_same_v<T, Condition>) {
    return condition_from_json(json);
  } else if constexpr (std::is_same_v<T, Lora>) {
    return lora_from_json(json);
  } else if constexpr (kIsList<T>) {
    if (!json.is_array()) return std::nullopt;
    T list;
    for (const auto& item : json) {
      const auto value = from_json_value<typename T::value_type>(item);
      if (!value) return std::nullopt;
      list.push_back(*value);
    }
    return list;
  } else {
    if (!json.is_string()) return std::nullopt;
    return Value<T>::parse(json.get<std::string>());
  }
}

}  // namespace kinema::config
