// The two ways in which LTX-2 lays rotary angles over a head's channels.
#pragma once

#include "config/config_reader.h"

namespace kinema::config {

// kInterleaved: pairs are neighbours; kSplit: pairs are half a head apart, and every head has its
// own band of frequencies.
enum class Ltx2RopeType { kInterleaved, kSplit };

// The key "rope_type"; missing is "interleaved". Throws Error(kModel).
Ltx2RopeType read_ltx2_rope_type(ConfigReader& reader);

}  // namespace kinema::config
