// Source: diffusers' guiders/classifier_free_guidance.py and guider_utils.py.
#include "sampling/guidance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <ATen/ops/std.h>

namespace kinema::sampling {
namespace {

// Python's math.isclose with its default tolerance.
bool is_close(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

int64_t fraction_of(double fraction, int64_t steps) {
  return static_cast<int64_t>(fraction * static_cast<double>(steps));
}

at::Tensor spread(const at::Tensor& x) {
  std::vector<int64_t> dims(static_cast<size_t>(x.dim() - 1));
  std::iota(dims.begin(), dims.end(), int64_t{1});
  return at::std(x, dims, /*unbiased=*/true, /*keepdim=*/true);
}

}  // namespace

Guidance::Guidance(const config::GuiderConfig& config, int64_t steps)
    : config_(config),
      first_(fraction_of(config.start, steps)),
      end_(fraction_of(config.stop, steps)) {}

bool Guidance::changes_anything() const {
  const double neutral = config_.use_original_formulation ? 0.0 : 1.0;
  return config_.enabled && !is_close(config_.guidance_scale, neutral);
}

bool Guidance::enabled(int64_t step) const {
  return changes_anything() && first_ <= step && step < end_;
}

bool Guidance::ever_enabled() const { return changes_anything() && first_ < end_; }

at::Tensor Guidance::operator()(const at::Tensor& conditional,
                                const at::Tensor& unconditional,
                                Numerics numerics) const {
  auto in_type = [&](const at::Tensor& x) {
    return numerics == Numerics::kTrained ? x.to(at::kFloat) : x;
  };
  auto cond = in_type(conditional), guided = cond;
  if (unconditional.defined()) {
    auto uncond = in_type(unconditional);
    const auto& base = config_.use_original_formulation ? cond : uncond;
    guided = base + (cond - uncond) * config_.guidance_scale;
  }
  return config_.guidance_rescale > 0 ? rescaled(guided, cond, config_.guidance_rescale) : guided;
}

at::Tensor rescaled(const at::Tensor& guided, const at::Tensor& conditional, double amount) {
  auto same_spread = guided * (spread(conditional) / spread(guided));
  return same_spread * amount + guided * (1.0 - amount);
}

}  // namespace kinema::sampling
