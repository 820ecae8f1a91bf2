// Only the form for single texts counts.
#include "text/token_template.h"

namespace kinema::text {
namespace {

[[noreturn]] void refuse(const Json& settings, const std::string& file) {
  throw Error(ErrorKind::kModel, file + ": the post_processor " + settings.dump() +
                                     " is not supported; ByteLevel and TemplateProcessing are");
}

// {"single": [{"SpecialToken": {"id": "<bos>"}}, {"Sequence": {"id": "A"}}],
//  "special_tokens": {"<bos>": {"ids": [2]}}}
void append(const Json& settings, const std::string& file, TokenTemplate& out) {
  bool after = false;
  try {
    for (const auto& part : settings.at("single")) {
      if (part.contains("Sequence")) {
        if (after) refuse(settings, file);  // the text twice
        after = true;
        continue;
      }
      const auto& name = part.at("SpecialToken").at("id").get_ref<const std::string&>();
      auto& side = after ? out.after : out.before;
      for (const auto& id : settings.at("special_tokens").at(name).at("ids"))
        side.push_back(id.get<int64_t>());
    }
  } catch (const Json::exception&) {
    refuse(settings, file);
  }
  if (!after) refuse(settings, file);
}

}  // namespace

TokenTemplate read_token_template(const Json& settings, const std::string& file) {
  TokenTemplate out;
  if (settings.is_null()) return out;
  const auto type = settings.is_object() ? settings.value("type", Json()) : Json();
  if (type == "TemplateProcessing") {
    append(settings, file, out);
  } else if (type == "Sequence") {
    for (const auto& step : settings.value("processors", Json::array())) {
      const auto inner = read_token_template(step, file);
      out.before.insert(out.before.begin(), inner.before.begin(), inner.before.end());
      out.after.insert(out.after.end(), inner.after.begin(), inner.after.end());
    }
  } else if (type != "ByteLevel") {  // which only moves offsets
    refuse(settings, file);
  }
  return out;
}

}  // namespace kinema::text
