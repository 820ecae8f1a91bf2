// The table of settings in parts, one a heading of the long help.
#pragma once

#include <vector>

#include "config/option.h"

namespace kinema::config {

// What help prints for an option that the checkpoint decides.
inline constexpr auto kModelDecides = "the model's";

std::vector<Option> model_options();
std::vector<Option> content_options();
std::vector<Option> shape_options();
std::vector<Option> sampling_options();
std::vector<Option> machine_options();
std::vector<Option> memory_options();
std::vector<Option> output_options();
std::vector<Option> talk_options();

}  // namespace kinema::config
