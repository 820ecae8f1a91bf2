// Tables of what inspect found.
#include "base/log.h"
#include "plan/inspection.h"
#include "plan/memory.h"

namespace kinema::plan {
namespace {

std::string types(const OrderedJson& dtypes) {
  std::string text;
  for (const auto& [name, bytes] : dtypes.items()) text += (text.empty() ? "" : "+") + name;
  return text;
}

std::string text_of(const OrderedJson& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string components_table(const OrderedJson& components) {
  std::string text = fmt::format("{:<16} {:<34} {:<10} {:>14} {:>9}\n", "component", "class",
                                 "types", "parameters", "GB");
  for (const auto& one : components) {
    text += fmt::format("{:<16} {:<34} ", one["name"].get<std::string>(),
                        one["class"].get<std::string>());
    if (one.contains("error")) {
      text += "cannot be opened\n";
      continue;
    }
    text += fmt::format("{:<10} {:>14} {:>9}\n", types(one["dtypes"]),
                        one["parameters"].get<uint64_t>(), gigabytes(one["bytes"].get<uint64_t>()));
  }
  return text;
}

std::string model_text(const OrderedJson& json) {
  std::string text = fmt::format("model     {} {} ({})\n", text_of(json["model"]),
                                 text_of(json["variant"]), text_of(json["task"]));
  text += fmt::format("path      {}\npipeline  {}\n\n", text_of(json["path"]),
                      text_of(json["pipeline"]));
  text += components_table(json["components"]);
  if (json.contains("loras")) {
    text += "\nlora\n";
    for (const auto& one : json["loras"])
      text += fmt::format("  {} {} times: {} layers\n", text_of(one["path"]), one["scale"].dump(),
                          one["layers"].dump());
  }
  text += "\ndefaults\n";
  for (const auto& [key, value] : json["defaults"].items())
    text += fmt::format("  {:<20} {}\n", key, text_of(value));
  text += "limits\n";
  for (const auto& [key, value] : json["limits"].items())
    text += fmt::format("  {:<20} {}\n", key, text_of(value));
  return text;
}

std::string shape_text(const OrderedJson& shape) {
  std::string text;
  for (const auto& size : shape) text += (text.empty() ? "" : ", ") + size.dump();
  return "[" + text + "]";
}

std::string lora_text(const OrderedJson& lora) {
  auto text = fmt::format("low-rank adapters of {} layers", lora["layers"].dump());
  for (const auto& [rank, layers] : lora["ranks"].items())
    text += fmt::format(", rank {} of {}", rank, layers.dump());
  text += fmt::format("; {} with alpha", lora["with_alpha"].dump());
  if (lora["unpaired"] != 0) text += fmt::format("; {} factors unpaired", lora["unpaired"].dump());
  const auto prefix = text_of(lora["prefix"]);
  return text + (prefix.empty() ? "" : "; names begin with " + prefix) + "\n";
}

std::string weights_text(const OrderedJson& json) {
  std::string text = fmt::format(
      "{}: {} tensors, {} parameters, {} GB, {}\n", text_of(json["path"]), json["tensors"].dump(),
      json["parameters"].dump(), gigabytes(json["bytes"].get<uint64_t>()), types(json["dtypes"]));
  if (json.contains("lora")) text += lora_text(json["lora"]);
  if (json.contains("job")) {
    text += "latents of a job, made by kinema " + text_of(json["made_by"]) + "\n";
    for (const auto& [key, value] : json["job"].items())
      text += fmt::format("  {:<26} {}\n", key, text_of(value));
  }
  if (json.contains("metadata")) {
    for (const auto& [key, value] : json["metadata"].items())
      text += fmt::format("  {}: {}\n", key, text_of(value));
  }
  for (const auto& one : json["contents"]) {
    text += fmt::format("  {:<70} {:<5} {}\n", text_of(one["name"]), text_of(one["dtype"]),
                        shape_text(one["shape"]));
  }
  return text;
}

}  // namespace

std::string inspection_text(const OrderedJson& json) {
  return json["kind"] == "model" ? model_text(json) : weights_text(json);
}

}  // namespace kinema::plan
