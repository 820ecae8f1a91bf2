// The names of JSON values for declarations: a tenth of what base/json.h takes to compile.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace kinema {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

}  // namespace kinema
