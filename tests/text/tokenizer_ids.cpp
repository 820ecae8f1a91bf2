// Token ids of lines of text, for the live comparison with transformers.
// Usage: tokenizer_ids bpe|bpe-template|byt5|prompt|ltx2 FOLDER; each line of stdin is a JSON
// string, each line of stdout the ids.
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/bpe_tokenizer.h"
#include "text/byt5_tokenizer.h"
#include "text/glyph_text.h"
#include "text/hunyuan15_tokens.h"
#include "text/ltx2_tokens.h"

namespace {

using Ids = std::vector<int64_t>;
using Encoder = std::function<kinema::Json(const std::string&)>;

Encoder byte_pairs(const std::string& folder, bool around) {
  auto tokenizer =
      std::make_shared<kinema::text::BpeTokenizer>(kinema::text::BpeTokenizer::open(folder));
  return [tokenizer, around](const std::string& text) {
    return around ? tokenizer->encode_with_template(text) : tokenizer->encode(text);
  };
}

Encoder bytes(const std::string& folder) {
  constexpr size_t kLimit = 256;
  auto tokenizer =
      std::make_shared<kinema::text::Byt5Tokenizer>(kinema::text::Byt5Tokenizer::open(folder));
  return [tokenizer](const std::string& text) { return tokenizer->encode(text, kLimit); };
}

// [text ids, glyph ids] of a prompt; FOLDER holds tokenizer/ and tokenizer_2/.
Encoder prompts(const std::string& folder) {
  auto tokenizer = std::make_shared<kinema::text::Hunyuan15Tokenizer>(folder + "/tokenizer",
                                                                      folder + "/tokenizer_2");
  return [tokenizer](const std::string& prompt) {
    auto tokens = (*tokenizer)(prompt);
    return kinema::Json::array({tokens.text, tokens.glyph});
  };
}

// [ids, position of the first] of a prompt in a row so short that many prompts are cut.
Encoder short_prompts(const std::string& folder) {
  constexpr int64_t kLength = 32;
  auto tokenizer = std::make_shared<kinema::text::Ltx2Tokenizer>(folder);
  return [tokenizer](const std::string& prompt) {
    auto tokens = (*tokenizer)(prompt, kLength);
    return kinema::Json::array({tokens.ids, tokens.first});
  };
}

Encoder encoder(const std::string& kind, const std::string& folder) {
  if (kind == "byt5") return bytes(folder);
  if (kind == "prompt") return prompts(folder);
  if (kind == "ltx2") return short_prompts(folder);
  return byte_pairs(folder, kind == "bpe-template");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tokenizer_ids bpe|bpe-template|byt5|prompt|ltx2 FOLDER\n";
    return 2;
  }
  try {
    const auto begin = std::chrono::steady_clock::now();
    const auto encode = encoder(argv[1], argv[2]);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    std::cerr << "loaded in " << took.count() << " ms\n";
    for (std::string line; std::getline(std::cin, line);)
      std::cout << encode(kinema::Json::parse(line).get<std::string>()).dump() << '\n';
  } catch (const kinema::Error& error) {
    std::cerr << kinema::formatted(error);
    return kinema::exit_code(error.kind());
  }
  return 0;
}
