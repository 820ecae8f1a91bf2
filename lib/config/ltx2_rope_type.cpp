// Two words.
#include "config/ltx2_rope_type.h"

namespace kinema::config {

Ltx2RopeType read_ltx2_rope_type(ConfigReader& reader) {
  const auto name = reader.string("rope_type", "interleaved");
  reader.require("rope_type", name == "interleaved" || name == "split",
                 "\"interleaved\" or \"split\"");
  return name == "split" ? Ltx2RopeType::kSplit : Ltx2RopeType::kInterleaved;
}

}  // namespace kinema::config
