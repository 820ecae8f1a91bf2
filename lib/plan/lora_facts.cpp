// Sums over layers.
#include "plan/lora_facts.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace kinema::plan {
namespace {

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

std::optional<LoraFacts> lora_facts(const checkpoint::LoraFile& file) {
  if (file.layers.empty()) return std::nullopt;
  LoraFacts facts;
  std::vector<std::string> names;
  for (const auto& [name, layer] : file.layers) {
    const bool pair =
        layer.down && layer.up && layer.down->entry.shape[0] == layer.up->entry.shape[1];
    if (!pair) {
      facts.unpaired += (layer.down ? 1 : 0) + (layer.up ? 1 : 0);
      continue;
    }
    names.push_back(name);
    ++facts.layers;
    ++facts.ranks[layer.down->entry.shape[0]];
    if (layer.alpha) ++facts.with_alpha;
  }
  facts.prefix = shared_prefix(names);
  return facts;
}

}  // namespace kinema::plan
