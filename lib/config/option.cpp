// What is the same for every option: names, ranges, printed defaults.
#include "config/option.h"

#include <algorithm>
#include <cmath>

namespace kinema::config {

const char* heading(Group group) {
  switch (group) {
    case Group::kModel:
      return "model";
    case Group::kContent:
      return "content";
    case Group::kShape:
      return "size and length";
    case Group::kSampling:
      return "sampling";
    case Group::kMachine:
      return "machine";
    case Group::kMemory:
      return "memory";
    case Group::kOutput:
      return "output";
    case Group::kTalk:
      return "what is printed";
  }
  return "";
}

const std::string& Option::flag() const {
  auto long_one =
      std::find_if(flags.begin(), flags.end(), [](const auto& f) { return f.starts_with("--"); });
  return long_one == flags.end() ? flags.front() : *long_one;
}

std::string Option::default_text() const {
  if (!unset.empty()) return unset;
  Json value = field.json(Request{});
  if (field.is_switch) return value.get<bool>() ? "on" : "off";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string Option::wanted() const {
  // Whole limits without an exponent: 100000, not 1e+05.
  auto number = [](double value) {
    return value == std::trunc(value) ? std::to_string(static_cast<int64_t>(value))
                                      : Value<double>::text(value);
  };
  if (least && most) return field.wanted + " from " + number(*least) + " to " + number(*most);
  if (least) return field.wanted + " of at least " + number(*least);
  return field.wanted;
}

bool Option::in_range(const Request& request) const {
  if (!least && !most) return true;
  const double value = field.json(request).get<double>();
  return (!least || value >= *least) && (!most || value <= *most);
}

bool Option::set_text(Request& request, const std::string& text) const {
  Request changed = request;
  if (!field.set_text(changed, text) || !in_range(changed)) return false;
  request = std::move(changed);
  return true;
}

bool Option::set_json(Request& request, const Json& json) const {
  Request changed = request;
  if (!field.set_json(changed, json) || !in_range(changed)) return false;
  request = std::move(changed);
  return true;
}

Json with_paths(const Field& field,
                Json value,
                const std::function<std::string(const std::string&)>& changed) {
  const auto change = [&](Json& path) {
    if (path.is_string() && !path.get_ref<const std::string&>().empty())
      path = changed(path.get<std::string>());
  };
  if (field.is_path) change(value);
  if (!field.path_key.empty() && value.is_array()) {
    for (auto& one : value)
      if (one.is_object() && one.contains(field.path_key)) change(one[field.path_key]);
  }
  return value;
}

bool Option::given(const Request& request) const {
  return field.json(request) != field.json(Request{});
}

}  // namespace kinema::config
