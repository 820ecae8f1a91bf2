// Source: diffusers' guiders/classifier_free_guidance.py.
#include "config/guider_config.h"

#include <algorithm>
#include <cmath>

namespace kinema::config {

bool GuiderConfig::guides() const {
  const double neutral = use_original_formulation ? 0.0 : 1.0;
  // Python's math.isclose with its default tolerance.
  const double tolerance = 1e-9 * std::max(std::abs(guidance_scale), neutral);
  return enabled && std::abs(guidance_scale - neutral) > tolerance;
}

GuidedSteps guided_steps(const GuiderConfig& guider, int64_t steps) {
  if (!guider.guides()) return {};
  const auto part = [&](double fraction) {
    return static_cast<int64_t>(fraction * static_cast<double>(steps));
  };
  const auto first = part(guider.start);
  return {first, std::max(first, part(guider.stop))};
}

GuiderConfig read_guider(ConfigReader reader) {
  GuiderConfig config;
  config.guidance_scale = reader.number("guidance_scale", config.guidance_scale);
  config.guidance_rescale = reader.number("guidance_rescale", config.guidance_rescale);
  config.start = reader.number("start", config.start);
  reader.require("start", config.start >= 0 && config.start < 1, "a number from 0 and below 1");
  config.stop = reader.number("stop", config.stop);
  reader.require("stop", config.stop >= config.start && config.stop <= 1,
                 "a number from start to 1");
  config.use_original_formulation =
      reader.boolean("use_original_formulation", config.use_original_formulation);
  config.enabled = reader.boolean("enabled", config.enabled);
  reader.finish();
  return config;
}

}  // namespace kinema::config
