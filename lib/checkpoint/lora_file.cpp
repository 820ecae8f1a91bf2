// Names first, then what scales them.
#include "checkpoint/lora_file.h"

#include <cmath>
#include <regex>
#include <string_view>

#include "base/json.h"
#include "checkpoint/scalar.h"

namespace kinema::checkpoint {
namespace {

struct Spelling {
  std::string_view down, up;
};
constexpr Spelling kSpellings[] = {{".lora_A.weight", ".lora_B.weight"},
                                   {".lora_A.default.weight", ".lora_B.default.weight"},
                                   {".lora_down.weight", ".lora_up.weight"},
                                   {".lora.down.weight", ".lora.up.weight"}};
constexpr std::string_view kAlpha = ".alpha";

// The name in front of `ending`; empty if there is none.
std::string in_front_of(std::string_view ending, std::string_view name) {
  return std::string(name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : "");
}

// What PEFT's configuration says, as diffusers stores it with the adapters.
class PeftConfig {
 public:
  PeftConfig(const std::map<std::string, std::string>& metadata, const std::string& file)
      : where_(file + ": lora_adapter_metadata") {
    const auto found = metadata.find("lora_adapter_metadata");
    if (found == metadata.end()) return;
    json_ = parse_json(found->second, where_, ErrorKind::kModel);
    if (!json_.is_object()) refuse("", "an object", json_);
  }

  // Of the layer, as if alpha / rank were the only rule there is; nothing if it says nothing.
  std::optional<double> alpha(const std::string& layer, int64_t rank) const {
    // Settings of one network among several begin with its name, and so do its layers.
    const auto network = layer.substr(0, layer.find('.') + 1);
    const auto prefix = json_.contains(network + "lora_alpha") ? network : std::string();
    const auto get = [&](const char* key) { return json_.value(prefix + key, Json()); };
    auto alpha = get("lora_alpha");
    const auto patterns = get("alpha_pattern");
    if (!patterns.is_null() && !patterns.is_object())
      refuse(prefix + "alpha_pattern", "an object", patterns);
    for (const auto& [pattern, value] : patterns.items()) {
      if (!matches(pattern, layer.substr(prefix.size()))) continue;
      alpha = value;
      break;
    }
    if (alpha.is_null()) return std::nullopt;
    if (!alpha.is_number()) refuse(prefix + "lora_alpha", "a number", alpha);
    const auto stabilised = get("use_rslora");
    const bool by_root = stabilised.is_boolean() && stabilised.get<bool>();
    return alpha.get<double>() * (by_root ? std::sqrt(static_cast<double>(rank)) : 1.0);
  }

 private:
  bool matches(const std::string& pattern, const std::string& layer) const {
    try {
      return std::regex_match(layer, std::regex("(.*\\.)?(" + pattern + ")$"));
    } catch (const std::regex_error&) {
      refuse("alpha_pattern", "names or regular expressions", pattern);
    }
  }

  [[noreturn]] void refuse(const std::string& key, const char* wanted, const Json& value) const {
    throw Error(ErrorKind::kModel, where_ + (key.empty() ? "" : ": \"" + key + "\"") + " must be " +
                                       wanted + ", not " + value.dump());
  }

  std::string where_;
  Json json_ = Json::object();
};

// Whether the tensor is one of a layer's factors.
bool take_factor(const StoredTensor& tensor, LoraFile& file) {
  if (tensor.entry.shape.size() < 2) return false;
  for (const auto& spelling : kSpellings) {
    if (const auto layer = in_front_of(spelling.down, tensor.entry.name); !layer.empty()) {
      file.layers[layer].down = tensor;
      return true;
    }
    if (const auto layer = in_front_of(spelling.up, tensor.entry.name); !layer.empty()) {
      file.layers[layer].up = tensor;
      return true;
    }
  }
  return false;
}

// Whether the tensor is an alpha of a layer that has factors.
bool take_alpha(const StoredTensor& tensor, LoraFile& file) {
  const auto layer = file.layers.find(in_front_of(kAlpha, tensor.entry.name));
  if (layer == file.layers.end() || tensor.entry.elements() != 1) return false;
  layer->second.alpha = scalar(tensor);
  return true;
}

}  // namespace

LoraFile LoraFile::open(const std::filesystem::path& path) {
  LoraFile file;
  file.path = path;
  const SafetensorsFile stored(path);
  std::vector<StoredTensor> rest;
  for (const auto& entry : stored.entries()) {
    ++file.keys;
    const StoredTensor tensor{entry, stored.map()};
    if (!take_factor(tensor, file)) rest.push_back(tensor);
  }
  for (const auto& tensor : rest) {
    if (!take_alpha(tensor, file)) file.others.push_back(tensor.entry.name);
  }
  const PeftConfig config(stored.metadata(), path.string());
  for (auto& [name, layer] : file.layers) {
    if (!layer.alpha && layer.down) layer.alpha = config.alpha(name, layer.down->entry.shape[0]);
  }
  return file;
}

}  // namespace kinema::checkpoint
