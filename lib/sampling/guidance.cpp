// Source: diffusers' guiders/classifier_free_guidance.py and guider_utils.py.
#include "sampling/guidance.h"

#include <numeric>
#include <vector>

#include <ATen/ops/std.h>

namespace kinema::sampling {
namespace {

at::Tensor spread(const at::Tensor& x) {
  std::vector<int64_t> dims(static_cast<size_t>(x.dim() - 1));
  std::iota(dims.begin(), dims.end(), int64_t{1});
  return at::std(x, dims, /*unbiased=*/true, /*keepdim=*/true);
}

}  // namespace

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
