// Prefixes and shell patterns.
#include "weights/name_map.h"

#include <algorithm>

#include <fnmatch.h>

namespace kinema::weights {

std::string NameMap::model_name(std::string_view stored) const {
  auto fits = [&](const std::string& prefix) {
    return !prefix.empty() && stored.starts_with(prefix);
  };
  for (auto at = prefixes.begin(); at != prefixes.end();) {
    at = std::find_if(prefixes.begin(), prefixes.end(), fits);
    if (at != prefixes.end()) stored.remove_prefix(at->size());
  }
  return std::string(stored);
}

bool NameMap::is_unused(const std::string& model_name) const {
  return std::any_of(unused.begin(), unused.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), model_name.c_str(), 0) == 0;
  });
}

}  // namespace kinema::weights
