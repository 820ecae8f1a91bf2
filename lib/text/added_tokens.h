// Tokens that are found in the text as a whole, before anything else happens to it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kinema::text {

struct AddedToken {
  std::string content;
  int64_t id = 0;
  bool single_word = false;             // only where no word character stands beside it
  bool lstrip = false, rstrip = false;  // takes the white space before or after it with it
  bool normalized = true;  // looked for in the normalised text, else in the text as typed
  bool special = false;
};

// A stretch of text, or a token found in it.
struct Segment {
  std::string_view text;
  const AddedToken* token;  // null for text
};

// Finds tokens from left to right, the longest first where several begin at one place.
class AddedTokenMatcher {
 public:
  // `token` is found as `pattern`, must stay where it is, and replaces an earlier one of that
  // pattern.
  void add(std::string_view pattern, const AddedToken& token);
  // All of `text` in order, the tokens where they are written, their other settings aside.
  std::vector<Segment> found(std::string_view text) const;
  // All of `text` in order, by the tokens' settings.
  std::vector<Segment> segments(std::string_view text) const;

 private:
  struct Match {
    size_t begin, end;
    const AddedToken* token;
  };
  Match find(std::string_view text, size_t from) const;

  std::unordered_map<std::string, const AddedToken*> by_pattern_;
  // For each first byte the patterns' lengths, longest first.
  std::map<unsigned char, std::vector<size_t>> lengths_;
};

}  // namespace kinema::text
