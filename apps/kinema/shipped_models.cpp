// Models that come with the program: in the source tree beside a build folder, or in the
// installation's share folder.
#include <algorithm>

#include "prepare.h"

namespace kinema::cli {

namespace fs = std::filesystem;

fs::path program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

std::vector<ShippedModel> shipped_models() {
  const auto here = program_folder();
  std::vector<ShippedModel> models;
  for (const auto& folder : {here / "../../configs/models", here / "../../share/kinema/models"}) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
      if (!fs::exists(entry.path() / "model_index.json")) continue;
      models.push_back({entry.path().filename().string(), fs::weakly_canonical(entry.path())});
    }
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

}  // namespace kinema::cli
