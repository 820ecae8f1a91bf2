// The one table of settings: flags, file keys, help, completion and metadata are all made from it.
#pragma once

#include <string_view>
#include <vector>

#include "config/option.h"

namespace kinema::config {

// In the order of the long help. Built once, constant.
const std::vector<Option>& options();

// The option with this file key; throws Error(kInternal) if there is none.
const Option& option(std::string_view key);
const Option* find_option(std::string_view key);

// All file keys.
std::vector<std::string> option_keys();

}  // namespace kinema::config
