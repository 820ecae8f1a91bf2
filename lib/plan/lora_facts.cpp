// The spellings of diffusers and PEFT, of kohya's scripts, and of the models' own repositories.
#include "plan/lora_facts.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace kinema::plan {
namespace {

struct Spelling {
  std::string_view down, up;
};

constexpr Spelling kSpellings[] = {
    {".lora_A.", ".lora_B."}, {".lora_down.", ".lora_up."}, {".lora.down.", ".lora.up."}};

// The layer's name if `name` is one of its factors, or empty.
std::string layer_of(const std::string& name, std::string_view factor) {
  const auto at = name.find(factor);
  return at == std::string::npos ? std::string() : name.substr(0, at);
}

// Whole words that all names begin with.
std::string shared_prefix(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  auto shared = names.front();
  for (const auto& name : names) {
    const auto length = std::min(shared.size(), name.size());
    const auto differs =
        std::mismatch(shared.begin(), shared.begin() + static_cast<int64_t>(length), name.begin());
    shared.erase(differs.first, shared.end());
  }
  const auto dot = shared.find('.');
  return dot == std::string::npos ? std::string() : shared.substr(0, dot + 1);
}

}  // namespace

std::optional<LoraFacts> lora_facts(const checkpoint::Component& component) {
  std::map<std::string, int64_t> downs, ups;  // a layer's rank
  for (const auto& [name, tensor] : component.tensors()) {
    if (tensor.entry.shape.size() < 2) continue;
    for (const auto& spelling : kSpellings) {
      if (const auto layer = layer_of(name, spelling.down); !layer.empty())
        downs[layer] = tensor.entry.shape[0];
      if (const auto layer = layer_of(name, spelling.up); !layer.empty())
        ups[layer] = tensor.entry.shape[1];
    }
  }
  if (downs.empty() && ups.empty()) return std::nullopt;
  LoraFacts facts;
  std::vector<std::string> names;
  for (const auto& [layer, rank] : downs) {
    const auto other = ups.find(layer);
    if (other == ups.end() || other->second != rank) {
      ++facts.unpaired;
      continue;
    }
    names.push_back(layer);
    ++facts.layers;
    ++facts.ranks[rank];
    if (component.find(layer + ".alpha") != nullptr) ++facts.with_alpha;
  }
  for (const auto& [layer, rank] : ups)
    if (!downs.contains(layer)) ++facts.unpaired;
  facts.prefix = shared_prefix(names);
  return facts;
}

}  // namespace kinema::plan
