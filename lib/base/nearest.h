// Spelling help: the known name nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kinema {

// The candidates within a third of the word's length in edits, nearest first, at most `count`;
// empty if none is near.
std::vector<std::string> nearest(std::string_view word,
                                 const std::vector<std::string>& candidates,
                                 size_t count = 1);

// "did you mean a, b or c?" over `nearest`, or an empty string.
std::string did_you_mean(std::string_view word,
                         const std::vector<std::string>& candidates,
                         size_t count = 1);

}  // namespace kinema
