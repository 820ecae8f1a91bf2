// Classifier-free guidance as guider/guider_config.json describes it: how strong, and in which
// steps.
#pragma once

#include <cstdint>

#include "config/config_reader.h"

namespace kinema::config {

// diffusers' ClassifierFreeGuidance. `start` and `stop` are parts of the steps, 0 to 1.
struct GuiderConfig {
  double guidance_scale = 7.5, guidance_rescale = 0.0, start = 0.0, stop = 1.0;
  bool use_original_formulation = false, enabled = true;

  // Whether guidance changes a prediction in the steps it is for.
  bool guides() const;
};

// Steps first, ..., end - 1.
struct GuidedSteps {
  int64_t first = 0, end = 0;

  int64_t count() const { return end - first; }
  bool holds(int64_t step) const { return first <= step && step < end; }
};

// Those of `steps` that need a prediction without the prompt too; rounded as the reference does.
GuidedSteps guided_steps(const GuiderConfig& guider, int64_t steps);

GuiderConfig read_guider(ConfigReader reader);

}  // namespace kinema::config
