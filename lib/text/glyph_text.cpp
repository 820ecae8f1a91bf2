// The pattern "(.*?)"|“(.*?)” of diffusers' pipeline, where the dot does not match a newline.
#include "text/glyph_text.h"

#include <algorithm>
#include <vector>

namespace kinema::text {
namespace {

struct Quotes {
  std::string_view open, close;
};

constexpr Quotes kKinds[] = {{"\"", "\""}, {"“", "”"}};

// The text quoted from `at` on; nothing if no quotation begins there.
std::optional<std::string_view> quoted(std::string_view prompt, size_t at, size_t& end) {
  for (const auto& [open, close] : kKinds) {
    if (!prompt.substr(at).starts_with(open)) continue;
    const auto begin = at + open.size();
    const auto stop = prompt.find(close, begin);
    if (stop == std::string_view::npos) return std::nullopt;
    const auto inside = prompt.substr(begin, stop - begin);
    if (inside.find('\n') != std::string_view::npos) return std::nullopt;
    end = stop + close.size();
    return inside;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> glyph_text(std::string_view prompt) {
  std::vector<std::string_view> texts;
  for (size_t at = 0; at < prompt.size();) {
    size_t end = at + 1;
    const auto text = quoted(prompt, at, end);
    if (text && std::find(texts.begin(), texts.end(), *text) == texts.end()) texts.push_back(*text);
    at = end;
  }
  if (texts.empty()) return std::nullopt;
  std::string out;
  for (auto text : texts) out.append("Text \"").append(text).append("\". ");
  return out;
}

}  // namespace kinema::text
