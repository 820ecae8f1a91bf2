// What every configuration file that transformers writes has in common.
#pragma once

#include <string>

#include "config/config_reader.h"

namespace kinema::config {

// Marks what every configuration class of transformers 4 and 5 may write (training, generation and
// bookkeeping) as known. Throws Error(kModel) if the weights are quantised.
void ignore_transformers_keys(ConfigReader& reader);

// The object that describes the part itself: `reader`'s, or the one a composite model's file nests
// under `key`.
ConfigReader unnested(ConfigReader reader, const std::string& key);

}  // namespace kinema::config
