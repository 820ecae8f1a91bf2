// The names of LTX-2's layers in Lightricks' repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/layer_names.h"

namespace kinema::plan {

// Of a layer of `component` (the transformer, the connectors) in diffusers' layout; none if it is
// called the same. Source: diffusers' convert_ltx2_to_diffusers.py.
std::vector<LayerName> ltx2_layer_names(std::string_view component, std::string_view layer);

}  // namespace kinema::plan
