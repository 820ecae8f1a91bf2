// Names are compared without the prefix, which alone makes any two of them similar.
#include "variables.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/nearest.h"
#include "launch/environment.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

constexpr std::string_view kPrefix = "KINEMA_";
// What a user may set.
const char* const kSettings[] = {"MODEL", "LOG"};
// What scripts and tests set: a fault to play, the mark of a test's processes, where sources and
// tokenizers are, whether stored outputs are written anew.
const char* const kOthers[] = {"FAULT", "TEST_RUN", "ROOT", "TOKENIZERS", "UPDATE_EXPECTED"};

}  // namespace

void warn_of_unknown_variables() {
  const auto place = launch::placement(launch::process_environment);
  if (place && place->rank > 0) return;
  const std::vector<std::string> settings(std::begin(kSettings), std::end(kSettings));
  for (const auto& [variable, value] : environment()) {
    if (!variable.starts_with(kPrefix)) continue;
    const auto name = variable.substr(kPrefix.size());
    const auto is = [&](const char* known) { return name == known; };
    if (std::any_of(std::begin(kSettings), std::end(kSettings), is) ||
        std::any_of(std::begin(kOthers), std::end(kOthers), is))
      continue;
    const auto near = nearest(name, settings);
    warn(variable + " means nothing to this program; " +
         (near.empty() ? "it reads KINEMA_MODEL and KINEMA_LOG"
                       : "did you mean " + std::string(kPrefix) + near.front() + "?"));
  }
}

}  // namespace kinema::cli
