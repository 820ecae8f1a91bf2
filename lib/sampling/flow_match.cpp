// numpy's and torch's arithmetic, operation by operation: the times are bit-equal to the
// reference's.
#include "sampling/flow_match.h"

#include <string>

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>

#include "base/error.h"

namespace kinema::sampling {
namespace {

// numpy.linspace(1, 0, steps + 1)[i], then float32.
float evenly_spaced(int64_t i, int64_t steps) {
  const double stride = -1.0 / static_cast<double>(steps);
  return static_cast<float>(static_cast<double>(i) * stride + 1.0);
}

// A Python number meets a float32 array as float32, but `shift - 1` is subtracted before they meet.
float shifted(float sigma, double shift) {
  const auto factor = static_cast<float>(shift), excess = static_cast<float>(shift - 1.0);
  return factor * sigma / (1.0F + excess * sigma);
}

at::Tensor told(const std::vector<float>& times, at::ScalarType dtype, Numerics numerics) {
  auto exact = at::tensor(times, at::kFloat);
  return numerics == Numerics::kReference ? exact.to(dtype).to(at::kFloat) : exact;
}

}  // namespace

FlowSchedule flow_schedule(int64_t steps, const config::FlowMatchConfig& config) {
  if (steps < 1) {
    throw Error(ErrorKind::kConfig, "num_inference_steps is " + std::to_string(steps) +
                                        ", but there must be at least one step");
  }
  FlowSchedule schedule;
  for (int64_t i = 0; i < steps; ++i) {
    const float sigma = shifted(evenly_spaced(i, steps), config.shift);
    schedule.sigmas.push_back(sigma);
    schedule.timesteps.push_back(sigma * static_cast<float>(config.num_train_timesteps));
  }
  schedule.sigmas.push_back(0.0F);
  return schedule;
}

at::Tensor model_times(const FlowSchedule& schedule, at::ScalarType dtype, Numerics numerics) {
  return told(schedule.timesteps, dtype, numerics);
}

at::Tensor model_target_times(const FlowSchedule& schedule,
                              at::ScalarType dtype,
                              Numerics numerics) {
  std::vector<float> targets(schedule.timesteps.begin() + 1, schedule.timesteps.end());
  targets.push_back(0.0F);
  return told(targets, dtype, numerics);
}

at::Tensor euler_step(const at::Tensor& latents,
                      const at::Tensor& velocity,
                      const FlowSchedule& schedule,
                      int64_t step,
                      Numerics numerics) {
  const auto i = static_cast<size_t>(step);
  const float change = schedule.sigmas.at(i + 1) - schedule.sigmas[i];
  auto from = latents.to(at::kFloat);
  if (numerics == Numerics::kTrained) return from + velocity.to(at::kFloat) * change;
  auto rounded = at::scalar_tensor(change, at::kFloat).to(velocity.scalar_type());
  auto to = from + velocity * rounded;
  return to.to(velocity.scalar_type()).to(at::kFloat);
}

}  // namespace kinema::sampling
