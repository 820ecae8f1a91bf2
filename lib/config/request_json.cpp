// Goes over the table of options in both directions.
#include "config/request_json.h"

#include "base/nearest.h"
#include "config/json_lines.h"
#include "config/options.h"

namespace kinema::config {
namespace {

namespace fs = std::filesystem;

// A file is about the files beside it, wherever the program is started.
Json relative_to_file(const Option& option, const Json& value, const fs::path& folder) {
  if (folder.empty()) return value;
  const bool prompt = option.key == "prompt" || option.key == "negative_prompt";
  if (prompt && value.is_string()) {
    const auto text = value.get<std::string>();
    const bool names_file = text.starts_with("@") && !text.starts_with("@@");
    return names_file ? Json("@" + (folder / text.substr(1)).string()) : value;
  }
  return with_paths(option.field, value, [&](const std::string& text) {
    if (text.starts_with("{output}")) return text;
    // The name of a shipped model is not a path.
    if (option.key == "model" && !fs::exists(folder / text)) return text;
    return (folder / text).string();
  });
}

}  // namespace

std::string place(const JsonSource& source, const std::string& pointer) {
  if (source.text.empty()) return " (" + source.name + ", " + pointer + ")";
  const auto line = source.first_line + JsonLines(source.text).line(pointer) - 1;
  return " (" + source.name + ":" + std::to_string(line) + ", " + pointer + ")";
}

OrderedJson request_to_json(const Request& request) {
  OrderedJson object = OrderedJson::object();
  for (const auto& one : options()) {
    Json value = one.field.json(request);
    if (!value.is_null()) object[one.key] = value;
  }
  return object;
}

std::vector<std::string> apply_json(const Json& object,
                                    const JsonSource& source,
                                    Request& request,
                                    Violations& violations) {
  std::vector<std::string> set;
  if (!object.is_object()) {
    violations.add(ErrorKind::kConfig, "an object is wanted here, not " +
                                           std::string(object.type_name()) +
                                           place(source, source.pointer));
    return set;
  }
  for (const auto& [key, value] : object.items()) {
    const auto pointer = source.pointer + "/" + key;
    const auto* known = find_option(key);
    if (known == nullptr) {
      violations.add(ErrorKind::kConfig, "unknown key \"" + key + "\"" + place(source, pointer),
                     did_you_mean(key, option_keys()));
    } else if (value.is_null()) {
      continue;  // null means "not given"
    } else if (!known->set_json(request, relative_to_file(*known, value, source.folder))) {
      violations.add(ErrorKind::kConfig, "\"" + key + "\" must be " + known->wanted() + ", not " +
                                             value.dump() + place(source, pointer));
    } else {
      set.push_back(key);
    }
  }
  return set;
}

Request request_from_json(const Json& object, const std::string& name) {
  Request request;
  Violations violations;
  apply_json(object, {name, "", "", ""}, request, violations);
  violations.throw_if_any();
  return request;
}

}  // namespace kinema::config
