// What diffusers' LTX-2 pipelines do before they call the text encoder.
#include "text/ltx2_tokens.h"

#include <utility>

#include "base/utf8.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

// Python's str.isspace().
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// The pipelines set the padding's side themselves; the other is the folder's.
BpeTokenizer checked(BpeTokenizer tokenizer, const std::filesystem::path& folder) {
  if (tokenizer.truncation_side() == "right") return tokenizer;
  throw Error(ErrorKind::kModel,
              folder.string() + ": truncation_side \"left\" is not supported; \"right\" is");
}

}  // namespace

std::string_view stripped(std::string_view text) {
  while (!text.empty()) {
    const auto first = code_point_at(text, 0);
    if (!is_space(first.value)) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    const auto last = code_point_before(text, text.size());
    if (!is_space(last.value)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

Ltx2Tokenizer::Ltx2Tokenizer(const std::filesystem::path& folder)
    : tokenizer_(checked(BpeTokenizer::open(folder), folder)) {}

Ltx2Tokens Ltx2Tokenizer::operator()(std::string_view prompt, int64_t max_sequence_length) const {
  check_utf8(prompt, "the prompt", ErrorKind::kConfig);
  auto ids =
      tokenizer_.encode_with_template(stripped(prompt), static_cast<size_t>(max_sequence_length));
  if (ids.empty()) {
    throw Error(ErrorKind::kModel,
                "the tokenizer makes no token of an empty prompt; one that begins every text is "
                "wanted (add_bos_token in tokenizer_config.json)");
  }
  const auto first = max_sequence_length - static_cast<int64_t>(ids.size());
  return {std::move(ids), first};
}

}  // namespace kinema::text
