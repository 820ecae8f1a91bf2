// ByT5's tokenizer: bytes are ids, beside a few tokens found as a whole.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/added_tokens.h"

namespace kinema::text {

class Byt5Tokenizer {
 public:
  // A folder with tokenizer_config.json and, where that lists no "added_tokens_decoder",
  // added_tokens.json. Throws Error(kModel).
  static Byt5Tokenizer open(const std::filesystem::path& folder);

  Byt5Tokenizer(Byt5Tokenizer&&) = default;
  Byt5Tokenizer(const Byt5Tokenizer&) = delete;

  // The ids of `text` and "</s>", at most `max_length` together: what is too long is cut on the
  // right. Throws Error(kConfig) if `text` is not UTF-8.
  std::vector<int64_t> encode(std::string_view text, size_t max_length) const;

 private:
  using Added = std::map<int64_t, AddedToken>;  // by id

  Byt5Tokenizer(Added added, const std::string& end_token);
  static Added read_added(const std::filesystem::path& folder, Json& config);
  std::vector<int64_t> encode_all(std::string_view text) const;

  Added added_;
  AddedTokenMatcher matcher_;
  std::array<int64_t, 256> byte_ids_;
  int64_t end_id_ = 0;
};

}  // namespace kinema::text
