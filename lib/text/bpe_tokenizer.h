// Text to token ids as the tokenizers library does it: byte-level BPE (Qwen2) and BPE with byte
// fallback (Gemma).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/added_vocabulary.h"
#include "text/bpe_files.h"
#include "text/bpe_model.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_template.h"

namespace kinema::text {

class BpeTokenizer {
 public:
  // A folder with tokenizer.json, or vocab.json and merges.txt, and perhaps tokenizer_config.json.
  // Throws Error(kModel) naming file and key: damaged, or a setting that is not supported.
  static BpeTokenizer open(const std::filesystem::path& folder);

  BpeTokenizer(BpeTokenizer&&) = default;
  BpeTokenizer(const BpeTokenizer&) = delete;

  // The ids of `text`. What looks like an added token becomes that token. Throws Error(kConfig) if
  // it is not UTF-8.
  std::vector<int64_t> encode(std::string_view text) const;
  // The same between the tokens that the folder wants around every text. With a `limit`, the text's
  // last tokens are left out so that there are no more than that in all.
  std::vector<int64_t> encode_with_template(std::string_view text, size_t limit = SIZE_MAX) const;

  // The id of a token of the vocabulary or an added one.
  std::optional<int64_t> find(const std::string& token) const;

  // Where a text that is too long or too short is cut or filled up: "left" or "right". Of
  // tokenizer_config.json, else of tokenizer.json.
  std::string truncation_side() const { return truncation_side_; }
  std::string padding_side() const { return padding_side_; }

  // tokenizer_config.json, an empty object if there is none.
  const Json& config() const { return config_; }

 private:
  BpeTokenizer(BpeFiles files, Json config, const std::string& config_file);
  // What tokenizer_config.json asks for.
  TokenTemplate named_template(const std::string& config_file) const;
  void encode_plain(std::string_view text, std::vector<int64_t>& ids) const;

  Json config_;
  std::string truncation_side_, padding_side_;
  BpeModel model_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  AddedVocabulary added_;
  TokenTemplate template_;
  AddedTokenMatcher as_typed_, as_normalized_;
};

}  // namespace kinema::text
