// The rules of the tokenizers library's added vocabulary.
#include "text/added_tokens.h"

#include <algorithm>
#include <functional>

#include "text/unicode_ranges.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

bool is_single_word(std::string_view text, size_t begin, size_t end) {
  return (begin == 0 || !is_word_character(code_point_before(text, begin).value)) &&
         (end == text.size() || !is_word_character(code_point_at(text, end).value));
}

size_t space_begin(std::string_view text, size_t end) {
  while (end > 0) {
    const auto last = code_point_before(text, end);
    if (!is_white_space(last.value)) break;
    end -= last.bytes;
  }
  return end;
}

size_t space_end(std::string_view text, size_t at) {
  while (at < text.size()) {
    const auto next = code_point_at(text, at);
    if (!is_white_space(next.value)) break;
    at += next.bytes;
  }
  return at;
}

}  // namespace

void AddedTokenMatcher::add(std::string_view pattern, const AddedToken& token) {
  by_pattern_[std::string(pattern)] = &token;
  auto& lengths = lengths_[static_cast<unsigned char>(pattern.front())];
  auto at = std::lower_bound(lengths.begin(), lengths.end(), pattern.size(), std::greater<>());
  if (at == lengths.end() || *at != pattern.size()) lengths.insert(at, pattern.size());
}

AddedTokenMatcher::Match AddedTokenMatcher::find(std::string_view text, size_t from) const {
  for (size_t at = from; at < text.size(); ++at) {
    const auto lengths = lengths_.find(static_cast<unsigned char>(text[at]));
    if (lengths == lengths_.end()) continue;
    for (auto length : lengths->second) {
      if (at + length > text.size()) continue;
      const auto token = by_pattern_.find(std::string(text.substr(at, length)));
      if (token != by_pattern_.end()) return {at, at + length, token->second};
    }
  }
  return {text.size(), text.size(), nullptr};
}

std::vector<Segment> AddedTokenMatcher::found(std::string_view text) const {
  std::vector<Segment> out;
  size_t done = 0;
  for (auto match = find(text, 0); match.token != nullptr; match = find(text, done)) {
    if (done < match.begin) out.push_back({text.substr(done, match.begin - done), nullptr});
    out.push_back({text.substr(match.begin, match.end - match.begin), match.token});
    done = match.end;
  }
  if (done < text.size()) out.push_back({text.substr(done), nullptr});
  return out;
}

std::vector<Segment> AddedTokenMatcher::segments(std::string_view text) const {
  std::vector<Segment> out;
  size_t done = 0;
  for (auto match = find(text, 0); match.token != nullptr; match = find(text, match.end)) {
    auto [begin, end, token] = match;
    if (token->single_word && !is_single_word(text, begin, end)) continue;
    if (token->lstrip) begin = std::max(space_begin(text, begin), done);
    if (token->rstrip) end = space_end(text, end);
    if (done < begin) out.push_back({text.substr(done, begin - done), nullptr});
    out.push_back({text.substr(begin, end - begin), token});
    done = end;
  }
  if (done < text.size()) out.push_back({text.substr(done), nullptr});
  return out;
}

}  // namespace kinema::text
