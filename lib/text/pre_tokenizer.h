// Cutting normalised text into words in the alphabet that the vocabulary is written in.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "text/split_pattern.h"

namespace kinema::text {

// The character that stands for a byte in a byte-level vocabulary (GPT-2's table).
char32_t byte_character(unsigned char byte);

// The "pre_tokenizer" of a tokenizer.json: null, Split (isolated or merged with the previous
// piece), ByteLevel, or a sequence of these.
class PreTokenizer {
 public:
  // Throws Error(kModel) naming `file` and the setting that is not supported.
  PreTokenizer(const Json& settings, const std::string& file);

  // Appends the words of `text`, none of them empty.
  void split(std::string_view text, std::vector<std::string>& words) const;

 private:
  enum class Behavior { kIsolated, kMergedWithPrevious };
  struct Split {
    std::variant<std::string, SplitPattern> pattern;  // a plain string or a regular expression
    Behavior behavior;
  };
  enum class PrefixSpace { kNone, kAdded };
  struct ByteLevel {
    PrefixSpace prefix_space;
    std::vector<SplitPattern> pattern;  // one or none
  };

  void add(const Json& settings, const std::string& file);
  static Split read_split(const Json& settings, const std::string& file);
  static ByteLevel read_byte_level(const Json& settings, const std::string& file);
  static void apply(const Split& split, std::string_view text, std::vector<std::string>& out);
  static void apply(const ByteLevel& level, std::string text, std::vector<std::string>& out);

  std::vector<std::variant<Split, ByteLevel>> steps_;
};

}  // namespace kinema::text
