// Endings are ASCII; other letters stay as they are.
#include "base/path_text.h"

#include <algorithm>

namespace kinema {

std::string lowered_extension(const std::filesystem::path& path) {
  auto ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return ending;
}

}  // namespace kinema
