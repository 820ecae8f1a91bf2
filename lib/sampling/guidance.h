// Classifier-free guidance: diffusers' ClassifierFreeGuidance.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/guider_config.h"
#include "sampling/numerics.h"

namespace kinema::sampling {

class Guidance {
 public:
  // `steps` of the whole generation: start and stop are fractions of them.
  Guidance(const config::GuiderConfig& config, int64_t steps)
      : config_(config), steps_(config::guided_steps(config, steps)) {}

  // Whether step `step` needs the unconditional prediction too.
  bool enabled(int64_t step) const { return steps_.holds(step); }
  // Whether any step does: otherwise the negative prompt need not be encoded.
  bool ever_enabled() const { return steps_.count() > 0; }

  // The prediction to step along. `unconditional` is undefined in steps that are not enabled.
  // float32, or the predictions' type with kReference.
  at::Tensor operator()(const at::Tensor& conditional,
                        const at::Tensor& unconditional,
                        Numerics numerics) const;

 private:
  config::GuiderConfig config_;
  config::GuidedSteps steps_;
};

// `guided` with the spread of `conditional`, blended into it by `amount` (0 to 1).
at::Tensor rescaled(const at::Tensor& guided, const at::Tensor& conditional, double amount);

}  // namespace kinema::sampling
