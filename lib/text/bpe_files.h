// The files a BPE tokenizer is stored in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/merges.h"
#include "text/vocabulary.h"

namespace kinema::text {

struct BpeFiles {
  std::string name;  // for messages
  Json settings;     // a tokenizer.json without its model's vocabulary and merges
  Vocabulary vocabulary;
  std::vector<Merge> merges;
};

// All errors are Error(kModel) with file, line and column.
BpeFiles read_tokenizer_json(const std::filesystem::path& file);

// The older pair; `settings` are then those of Qwen2's tokenizer class, its "add_prefix_space" from
// `config`, a tokenizer_config.json.
BpeFiles read_vocab_and_merges(const std::filesystem::path& vocab,
                               const std::filesystem::path& merges,
                               const Json& config);

}  // namespace kinema::text
