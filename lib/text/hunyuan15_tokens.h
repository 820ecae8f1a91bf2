// A prompt of HunyuanVideo 1.5 as the token ids of its two text encoders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/bpe_tokenizer.h"
#include "text/byt5_tokenizer.h"

namespace kinema::text {

// The prompt between the fixed words that the model was trained with; an empty prompt is one blank.
std::string hunyuan15_chat(std::string_view prompt);

// How many tokens of the text encoder's output belong to the words before the prompt: they are cut
// off. Fixed, whatever the tokenizer makes of them.
constexpr int64_t kHunyuan15Crop = 108;

struct Hunyuan15Tokens {
  std::vector<int64_t> text;   // of the whole chat, at most 1108; always more than kHunyuan15Crop
  std::vector<int64_t> glyph;  // at most 256; empty if the prompt quotes nothing
};

class Hunyuan15Tokenizer {
 public:
  // The folders tokenizer/ and tokenizer_2/ of a checkpoint. Throws Error(kModel).
  Hunyuan15Tokenizer(const std::filesystem::path& tokenizer,
                     const std::filesystem::path& tokenizer_2);

  // Throws Error(kConfig) if the prompt is not UTF-8.
  Hunyuan15Tokens operator()(std::string_view prompt) const;

 private:
  BpeTokenizer text_;
  Byt5Tokenizer glyph_;
};

}  // namespace kinema::text
