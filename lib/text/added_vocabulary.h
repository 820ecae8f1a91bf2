// The tokens that tokenizer files list beside their vocabulary.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "text/added_tokens.h"
#include "text/bpe_model.h"

namespace kinema::text {

// By content.
using AddedVocabulary = std::map<std::string, AddedToken>;

// One token as both files write it. Throws Error(kModel) naming `where`.
AddedToken read_added_token(const Json& settings, const std::string& where);

// A tokenizer.json's "added_tokens", then what a tokenizer_config.json adds: its
// "added_tokens_decoder", whose flags overrule, and special tokens that no list has. A token has
// the id of the model's vocabulary, else the next free one, as in the reference; a file that states
// another one is an Error(kModel).
AddedVocabulary read_added_vocabulary(const Json& settings,
                                      const std::string& file,
                                      const Json& config,
                                      const std::string& config_file,
                                      const BpeModel& model);

// The special tokens that a tokenizer_config.json names, in the reference's order: "bos_token" and
// the like, then the lists.
std::vector<std::string> named_special_tokens(const Json& config);

}  // namespace kinema::text
