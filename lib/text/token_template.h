// The special tokens that a tokenizer puts around every text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace kinema::text {

struct TokenTemplate {
  std::vector<int64_t> before, after;
};

// The "post_processor" of a tokenizer.json for one text: null, ByteLevel (no tokens),
// TemplateProcessing, or a sequence of these. Throws Error(kModel).
TokenTemplate read_token_template(const Json& settings, const std::string& file);

}  // namespace kinema::text
