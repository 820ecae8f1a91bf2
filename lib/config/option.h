// One setting a user can give: its names, its help, and the field of Request it stands for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "config/value_text.h"

namespace kinema::config {

// Headings of the long help, in its order.
enum class Group { kModel, kContent, kShape, kSampling, kMachine, kMemory, kOutput, kTalk };
const char* heading(Group group);

// A member of Request without its type.
struct Field {
  std::function<bool(Request&, const std::string&)> set_text;  // false: the text is no such value
  std::function<bool(Request&, const Json&)> set_json;         // false: the JSON is no such value
  std::function<Json(const Request&)> json;                    // null when not given
  std::string wanted, placeholder;
  bool is_switch = false;  // a bool: its flag takes no value
  bool is_path = false;    // relative ones in a file are relative to that file
  std::string path_key;    // of a list of objects: which of their values is such a path too
  bool is_list = false;    // of adapters: its flag may be repeated, each time adding to the list
};

namespace detail {
template <class T>
struct Inner {
  using type = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};
}  // namespace detail

template <class Member>
Field field(Member Request::*member) {
  using T = typename detail::Inner<Member>::type;
  auto store = [member](Request& request, std::optional<T> value) {
    if (value) request.*member = *value;
    return value.has_value();
  };
  Field made;
  made.set_text = [store](Request& r, const std::string& text) {
    return store(r, Value<T>::parse(text));
  };
  made.set_json = [store](Request& r, const Json& json) {
    return store(r, from_json_value<T>(json));
  };
  made.json = [member](const Request& request) -> Json {
    if constexpr (std::is_same_v<Member, T>) {
      return to_json_value<T>(request.*member);
    } else {
      return request.*member ? to_json_value<T>(*(request.*member)) : Json();
    }
  };
  made.wanted = Value<T>::wanted();
  made.placeholder = Value<T>::placeholder();
  made.is_switch = std::is_same_v<T, bool>;
  made.is_path = std::is_same_v<T, std::filesystem::path>;
  if constexpr (std::is_same_v<T, std::vector<Condition>>) made.path_key = "image";
  made.is_list = std::is_same_v<T, std::vector<Lora>>;
  if constexpr (std::is_same_v<T, std::vector<Lora>>) made.path_key = "path";
  return made;
}

// A flag without a value that stands for one of the option's: -v verbose, -vv debug.
struct Shorthand {
  std::vector<std::string> flags;
  std::vector<std::string> values;  // of the first, second, … occurrence
  std::string help;
};

struct Option {
  std::string key;                 // in files: "num_frames"
  std::vector<std::string> flags;  // the first long one is what messages print
  Group group;
  Field field;
  std::string help;
  std::string unset = {};  // what help prints as default of an option that may be absent
  std::optional<double> least = {}, most = {};  // of a number
  std::string bare = {};  // value of the flag without one; empty: a value is needed
  std::vector<Shorthand> shorthands = {};

  // "--num-frames".
  const std::string& flag() const;
  // The program's default as help prints it.
  std::string default_text() const;
  // What a value must be, with its range: "a whole number of at least 1".
  std::string wanted() const;
  // Sets the field; false if the value is not what `wanted` says.
  bool set_text(Request& request, const std::string& text) const;
  bool set_json(Request& request, const Json& json) const;
  // Has the user (or a resolver) given something else than the program's default?
  bool given(const Request& request) const;

 private:
  bool in_range(const Request& request) const;
};

// `value` of a setting, in which `changed` has been applied to every path that is not empty.
Json with_paths(const Field& field,
                Json value,
                const std::function<std::string(const std::string&)>& changed);

}  // namespace kinema::config
