// The list shrinks as features come.
#include "config/support.h"

#include "base/log.h"
#include "config/options.h"

namespace kinema::config {

const std::vector<Unsupported>& unsupported_yet() {
  static const std::vector<Unsupported> list = {};
  return list;
}

void check_support(const Settings& settings, Violations& violations) {
  for (const auto& one : unsupported_yet()) {
    const auto& known = option(one.key);
    const auto value = known.field.json(settings.request);
    if (!known.given(settings.request) || value == one.harmless) continue;
    const auto source = settings.source(one.key);
    violations.add(
        ErrorKind::kUsage,
        fmt::format("{}{} is not available in this version{}", known.flag(),
                    known.field.is_switch
                        ? ""
                        : " " + (value.is_string() ? value.get<std::string>() : value.dump()),
                    source.starts_with("--") ? "" : " (" + source + ")"));
  }
}

}  // namespace kinema::config
