// Flow matching along straight lines with Euler steps: diffusers' FlowMatchEulerDiscreteScheduler.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/flow_match_config.h"
#include "sampling/numerics.h"

namespace kinema::sampling {

// Times of one generation, in the reference's float32. They stay on the host: nothing of the loop
// waits for them.
struct FlowSchedule {
  std::vector<float> sigmas;     // n + 1, from 1 to 0
  std::vector<float> timesteps;  // n, on the scale of num_train_timesteps

  int64_t steps() const { return static_cast<int64_t>(timesteps.size()); }
};

// `steps` sigmas 1, 1 - 1/n, ... shifted by the configuration's shift. Throws Error(kConfig) for
// less than one step.
FlowSchedule flow_schedule(int64_t steps, const config::FlowMatchConfig& config);

// Sigmas 1 to 1 / steps, evenly spaced. Throws Error(kConfig) for less than one step.
std::vector<double> even_sigmas(int64_t steps);
// mu: how far the sigmas of a generation of so many tokens are shifted, if dynamically.
double dynamic_shift(int64_t tokens, const config::FlowMatchConfig& config);
// These sigmas (without the 0 at the end) shifted as the configuration says, `mu` if dynamically,
// and stretched. Throws Error(kConfig) if that makes no finite number of one of them.
FlowSchedule flow_schedule(const std::vector<double>& sigmas,
                           const config::FlowMatchConfig& config,
                           double mu);

// What a model of type `dtype` is told as t: [n] float32 on the CPU.
at::Tensor model_times(const FlowSchedule& schedule, at::ScalarType dtype, Numerics numerics);
// And as t_r, if it was trained with mean flow: the time each step goes to, 0 at the end.
at::Tensor model_target_times(const FlowSchedule& schedule,
                              at::ScalarType dtype,
                              Numerics numerics);

// latents + (sigma of step + 1 - sigma of step) * velocity. float32; with kReference its value is
// rounded to the velocity's type, as is the product.
at::Tensor euler_step(const at::Tensor& latents,
                      const at::Tensor& velocity,
                      const FlowSchedule& schedule,
                      int64_t step,
                      Numerics numerics);

}  // namespace kinema::sampling
