// The tokenizers library's BPE without its dropout, prefixes and suffixes.
#include "text/bpe_model.h"

#include <utility>

#include "base/error.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

std::string byte_token(char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  return std::string("<0x") + kDigits[value >> 4] + kDigits[value & 15] + ">";
}

}  // namespace

BpeModel::BpeModel(Vocabulary vocabulary, const std::vector<Merge>& merges, BpeRules rules)
    : vocabulary_(std::move(vocabulary)), merges_(merges), rules_(std::move(rules)) {}

void BpeModel::encode(std::string_view word, std::vector<int64_t>& ids) const {
  if (rules_.ignore_merges) {
    if (const auto whole = vocabulary_.find(word)) {
      ids.push_back(*whole);
      return;
    }
  }
  const auto merged = merges_.merged(symbols(word));
  ids.insert(ids.end(), merged.begin(), merged.end());
}

std::vector<uint32_t> BpeModel::symbols(std::string_view word) const {
  std::vector<uint32_t> out;
  out.reserve(word.size());
  bool pending = false;  // an unknown token that may still grow
  for (size_t at = 0; at < word.size();) {
    const auto character = word.substr(at, code_point_at(word, at).bytes);
    at += character.size();
    if (const auto known = vocabulary_.find(character)) {
      if (std::exchange(pending, false)) out.push_back(unknown());
      out.push_back(*known);
    } else if (rules_.byte_fallback && append_bytes(character, out)) {
      // The reference leaves a pending unknown token for behind the bytes; so do we.
    } else if (!rules_.unknown.empty()) {
      if (pending && !rules_.fuse_unknown) out.push_back(unknown());
      pending = true;
    }
  }
  if (pending) out.push_back(unknown());
  return out;
}

bool BpeModel::append_bytes(std::string_view character, std::vector<uint32_t>& out) const {
  const auto before = out.size();
  for (char byte : character) {
    const auto known = vocabulary_.find(byte_token(byte));
    if (!known) {
      out.resize(before);
      return false;
    }
    out.push_back(*known);
  }
  return true;
}

uint32_t BpeModel::unknown() const {
  const auto known = vocabulary_.find(rules_.unknown);
  if (!known) {
    throw Error(ErrorKind::kModel, "the tokenizer's unk_token \"" + rules_.unknown +
                                       "\" is not in its vocabulary, but the text needs it");
  }
  return *known;
}

}  // namespace kinema::text
