// A prompt of LTX-2 as the token ids of its text encoder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "text/bpe_tokenizer.h"

namespace kinema::text {

// The last tokens of a row of max_sequence_length, whose rest is padding in front.
struct Ltx2Tokens {
  std::vector<int64_t> ids;
  int64_t first = 0;  // the position of ids[0] in the row
};

class Ltx2Tokenizer {
 public:
  // The folder tokenizer/ of a checkpoint. Throws Error(kModel).
  explicit Ltx2Tokenizer(const std::filesystem::path& folder);

  // The prompt without white space at its ends, after the token that begins a text, cut off at
  // `max_sequence_length`. Never empty. Throws Error(kConfig) if the prompt is not UTF-8.
  Ltx2Tokens operator()(std::string_view prompt, int64_t max_sequence_length) const;

 private:
  BpeTokenizer tokenizer_;
};

// Valid UTF-8 without what Python's str.strip() takes off its ends.
std::string_view stripped(std::string_view text);

}  // namespace kinema::text
