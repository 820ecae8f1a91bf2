// A stored case: a tiny checkpoint's transformer and what the reference computed with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/condition_embedder.h"
#include "models/hunyuan15/modulation.h"
#include "nn/param_scope.h"
#include "support/local_seams.h"
#include "support/map_source.h"

namespace kinema::hunyuan15 {

struct TransformerCase {
  // name: "t2v" or "i2v", a folder of tests/data/hunyuan15.
  explicit TransformerCase(const std::string& name);

  nn::ParamScope scope() { return nn::ParamScope(source); }
  const at::Tensor& at(const std::string& tensor) const { return expected.at(tensor); }
  // The conditional and the unconditional branch.
  std::vector<Condition> conditions() const;
  // What follows the latents among the input's channels, or undefined if it is zero everywhere.
  at::Tensor constant_channels() const;
  // t (and t_r, for meanflow) of the whole run.
  ModulationTable modulation();

  config::Hunyuan15TransformerConfig config;
  double guidance_scale, shift;
  std::map<std::string, at::Tensor> expected;
  test::MapSource source;
};

using test::LocalSeams;

}  // namespace kinema::hunyuan15
