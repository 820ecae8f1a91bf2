// Scopes are numbered lists, or nothing.
#include "plan/layer_names.h"

#include <algorithm>

namespace kinema::plan {

void add_renamed(std::string_view layer,
                 std::string_view our_scope,
                 std::string_view their_scope,
                 const std::vector<Renamed>& table,
                 std::vector<LayerName>& names) {
  if (!layer.starts_with(our_scope)) return;
  auto rest = layer.substr(our_scope.size());
  std::string scope(their_scope);
  if (our_scope.ends_with('.')) {
    const auto number = rest.substr(0, rest.find('.') + 1);
    scope += number;
    rest.remove_prefix(number.size());
  }
  for (const auto& one : table) {
    if (rest == one.ours)
      names.push_back({scope + std::string(one.theirs), one.part, one.parts, one.halves_swapped});
  }
}

}  // namespace kinema::plan
