// What a measurement was made on, as far as the system says it without any GPU library.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace kinema::bench {

// {"cpu", "cores", "memory_bytes", "system", "gpus", "driver"}: no name of the host or the user.
// `proc` is the folder to read.
OrderedJson machine_facts(const std::vector<std::string>& gpus,
                          const std::filesystem::path& proc = "/proc");

}  // namespace kinema::bench
