// The names of HunyuanVideo 1.5's layers in Tencent's repository and in ComfyUI.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/layer_names.h"

namespace kinema::plan {

// Of a layer of the transformer in diffusers' layout. Source: diffusers'
// convert_hunyuan_video1_5_to_diffusers.py and its conversion of HunyuanVideo's adapters.
std::vector<LayerName> hunyuan15_layer_names(std::string_view layer);

}  // namespace kinema::plan
