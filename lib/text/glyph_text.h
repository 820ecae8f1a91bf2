// The words that a prompt wants to see written in the picture.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kinema::text {

// What stands in "straight" or “curly” double quotes on one line, each text once, in the form that
// the glyph encoder was trained on: `Text "Open". Text "24h". `. Nothing if there are no quotes.
// `prompt` is valid UTF-8.
std::optional<std::string> glyph_text(std::string_view prompt);

}  // namespace kinema::text
