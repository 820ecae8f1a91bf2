// numpy's and torch's arithmetic, operation by operation: the times are bit-equal to the
// reference's.
#include "sampling/flow_match.h"

#include <cmath>
#include <string>
#include <utility>

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

// Likewise: what a Python number is when it meets a float32 array.
float shifted(float sigma, const config::FlowMatchConfig& config, double mu) {
  if (!config.use_dynamic_shifting) return shifted(sigma, config.shift);
  const bool exponential = config.time_shift_type == config::TimeShift::kExponential;
  const auto weight = static_cast<float>(exponential ? std::exp(mu) : mu);
  return weight / (weight + (1.0F / sigma - 1.0F));
}

// So that the last of them is `terminal`.
void stretch(std::vector<float>& sigmas, double terminal) {
  const float scale = (1.0F - sigmas.back()) / static_cast<float>(1.0 - terminal);
  for (auto& sigma : sigmas) sigma = 1.0F - (1.0F - sigma) / scale;
}

void require_steps(int64_t steps) {
  if (steps >= 1) return;
  throw Error(ErrorKind::kConfig, "num_inference_steps is " + std::to_string(steps) +
                                      ", but there must be at least one step");
}

FlowSchedule with_timesteps(std::vector<float> sigmas, const config::FlowMatchConfig& config) {
  FlowSchedule schedule{std::move(sigmas), {}};
  for (const float sigma : schedule.sigmas) {
    schedule.timesteps.push_back(sigma * static_cast<float>(config.num_train_timesteps));
  }
  schedule.sigmas.push_back(0.0F);
  return schedule;
}

at::Tensor told(const std::vector<float>& times, at::ScalarType dtype, Numerics numerics) {
  auto exact = at::tensor(times, at::kFloat);
  return numerics == Numerics::kReference ? exact.to(dtype).to(at::kFloat) : exact;
}

}  // namespace

FlowSchedule flow_schedule(int64_t steps, const config::FlowMatchConfig& config) {
  require_steps(steps);
  std::vector<float> sigmas;
  for (int64_t i = 0; i < steps; ++i) {
    sigmas.push_back(shifted(evenly_spaced(i, steps), config.shift));
  }
  return with_timesteps(std::move(sigmas), config);
}

std::vector<double> even_sigmas(int64_t steps) {
  require_steps(steps);
  const double last = 1.0 / static_cast<double>(steps);
  const double stride = (last - 1.0) / static_cast<double>(steps - 1);
  std::vector<double> sigmas = {1.0};
  for (int64_t i = 1; i + 1 < steps; ++i) sigmas.push_back(static_cast<double>(i) * stride + 1.0);
  if (steps > 1) sigmas.push_back(last);
  return sigmas;
}

double dynamic_shift(int64_t tokens, const config::FlowMatchConfig& config) {
  const auto base = static_cast<double>(config.base_image_seq_len);
  const double slope = (config.max_shift - config.base_shift) /
                       (static_cast<double>(config.max_image_seq_len) - base);
  return static_cast<double>(tokens) * slope + (config.base_shift - slope * base);
}

FlowSchedule flow_schedule(const std::vector<double>& sigmas,
                           const config::FlowMatchConfig& config,
                           double mu) {
  require_steps(static_cast<int64_t>(sigmas.size()));
  std::vector<float> shifted_sigmas;
  for (const double sigma : sigmas) {
    shifted_sigmas.push_back(shifted(static_cast<float>(sigma), config, mu));
  }
  if (config.shift_terminal > 0) stretch(shifted_sigmas, config.shift_terminal);
  for (size_t i = 0; i < sigmas.size(); ++i) {
    if (std::isfinite(shifted_sigmas[i])) continue;
    throw Error(ErrorKind::kConfig,
                "sigma " + std::to_string(sigmas[i]) + " of step " + std::to_string(i + 1) +
                    " cannot be shifted by " + std::to_string(mu) +
                    (config.shift_terminal > 0 ? " and stretched, because the last is 1" : ""),
                "more num_inference_steps or other sigmas");
  }
  return with_timesteps(std::move(shifted_sigmas), config);
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
