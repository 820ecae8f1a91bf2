// Levenshtein distance over bytes: names here are ASCII.
#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kinema {
namespace {

size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearest(std::string_view word,
                                 const std::vector<std::string>& candidates,
                                 size_t count) {
  const size_t limit = std::max<size_t>(2, word.size() / 3);
  std::vector<std::pair<size_t, std::string>> close;
  for (const auto& candidate : candidates) {
    size_t distance = edits(word, candidate);
    if (distance <= limit) close.emplace_back(distance, candidate);
  }
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (size_t i = 0; i < close.size() && i < count; ++i) names.push_back(close[i].second);
  return names;
}

std::string did_you_mean(std::string_view word,
                         const std::vector<std::string>& candidates,
                         size_t count) {
  auto names = nearest(word, candidates, count);
  if (names.empty()) return {};
  std::string text = "did you mean " + names[0];
  for (size_t i = 1; i < names.size(); ++i) {
    text += (i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  return text + "?";
}

}  // namespace kinema
