// Files with what stands behind them: pictures and their places, adapters and their strengths.
#include "config/text_parts.h"

namespace kinema::config {
namespace {

// Sets `field` if `json` is a value of its type.
template <class T>
bool take(const Json& json, T& field) {
  const auto read = from_json_value<T>(json);
  if (read) field = *read;
  return read.has_value();
}

}  // namespace

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

}  // namespace kinema::config
