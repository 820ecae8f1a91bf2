// Which line of a JSON text a value stands on, for errors about values that parsed but are wrong.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace kinema::config {

class JsonLines {
 public:
  // `text` must be valid JSON.
  explicit JsonLines(std::string_view text);
  // From 1; of the key where the value has one. `pointer` is like "/jobs/1/seed" (names unescaped),
  // "" is the whole text.
  int64_t line(const std::string& pointer) const;

 private:
  std::map<std::string, int64_t> lines_;
};

}  // namespace kinema::config
