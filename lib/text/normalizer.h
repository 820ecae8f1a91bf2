// What a tokenizer does to text before it looks at it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace kinema::text {

// Unicode's composed form, as Unicode 9 has it. `text` is valid UTF-8.
std::string nfc(std::string_view text);

// The "normalizer" of a tokenizer.json: null, NFC, Replace of a string, or a sequence of these.
class Normalizer {
 public:
  // No change at all.
  Normalizer() = default;
  // Throws Error(kModel) naming `file` and the setting that is not supported.
  Normalizer(const Json& settings, const std::string& file);
  static Normalizer composed();

  std::string operator()(std::string_view text) const;

 private:
  struct Compose {};
  struct Replace {
    std::string pattern, content;
  };
  void add(const Json& settings, const std::string& file);

  std::vector<std::variant<Compose, Replace>> steps_;
};

}  // namespace kinema::text
