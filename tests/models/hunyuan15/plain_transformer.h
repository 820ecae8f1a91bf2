// The same transformer without any saving: every layer computed where the figure has it, one time,
// one condition.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/condition_embedder.h"
#include "weights/param_source.h"

namespace kinema::hunyuan15 {

// What a glyph encoder's free width is here.
constexpr int64_t kAnyGlyphWidth = 24;

// input [1, in_channels, T, H, W], t and t_r [1] -> [1, out_channels, T, H, W]. Attention is
// written out.
at::Tensor plain_velocity(weights::ParamSource& weights,
                          const config::Hunyuan15TransformerConfig& config,
                          const at::Tensor& input,
                          const at::Tensor& t,
                          const at::Tensor& t_r,
                          const Condition& condition);

}  // namespace kinema::hunyuan15
