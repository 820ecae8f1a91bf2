// The regular expression at which a tokenizer cuts text into words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kinema::text {

// A piece of text and whether the pattern matched it; a match may be empty.
struct Piece {
  std::string_view text;
  bool matched;
};

class SplitPattern {
 public:
  // Throws Error(kModel) beginning with `where`: not a regular expression, or not a supported one.
  SplitPattern(std::string_view pattern, const std::string& where);
  ~SplitPattern();
  SplitPattern(SplitPattern&&) noexcept;
  SplitPattern& operator=(SplitPattern&&) noexcept;

  // `text`, valid UTF-8, cut where matches begin and end. May be called from several threads.
  std::vector<Piece> pieces(std::string_view text) const;

 private:
  struct Code;
  std::unique_ptr<const Code> code_;
};

}  // namespace kinema::text
