// Byte-pair encoding of one word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/merges.h"
#include "text/vocabulary.h"

namespace kinema::text {

// What happens beside merging.
struct BpeRules {
  std::string unknown;  // the token for characters that the vocabulary lacks; empty: they vanish
  bool fuse_unknown = false;   // a run of them becomes one token
  bool byte_fallback = false;  // they become "<0xNN>" for each byte, if those are tokens
  bool ignore_merges = false;  // a word that is a token is not cut at all
};

class BpeModel {
 public:
  BpeModel(Vocabulary vocabulary, const std::vector<Merge>& merges, BpeRules rules);

  // Appends the ids of `word`, valid UTF-8. Throws Error(kModel) if the unknown token is needed and
  // not in the vocabulary.
  void encode(std::string_view word, std::vector<int64_t>& ids) const;

  std::optional<uint32_t> find(std::string_view token) const { return vocabulary_.find(token); }
  size_t size() const { return vocabulary_.size(); }

 private:
  std::vector<uint32_t> symbols(std::string_view word) const;
  bool append_bytes(std::string_view character, std::vector<uint32_t>& out) const;
  uint32_t unknown() const;

  Vocabulary vocabulary_;
  Merges merges_;
  BpeRules rules_;
};

}  // namespace kinema::text
