// What the table of options names and this version cannot do yet: refused with a sentence, never
// ignored.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "config/settings.h"

namespace kinema::config {

struct Unsupported {
  std::string key;
  Json harmless;  // a value that asks for nothing, beside the program's default; null if there is
                  // none
};

// Keys whose only usable value is the default.
const std::vector<Unsupported>& unsupported_yet();

// One Error(kUsage) violation for each of them that is not at its default.
void check_support(const Settings& settings, Violations& violations);

}  // namespace kinema::config
