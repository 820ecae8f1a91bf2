// Guidance of a model of two streams by up to three weaker predictions: diffusers' LTX-2 pipelines.
// All of it happens on predicted results (x0) in float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace kinema::sampling {

// One stream's strengths. Without effect are 1, 0, 1 and 0.
struct GuidanceScales {
  double guidance = 1.0, stg = 0.0, modality = 1.0, rescale = 0.0;
};

// One stream's result as each pass predicts it; undefined: the pass is not made. The passes: as the
// prompt says; as the negative prompt says; with the attention of some blocks perturbed
// (spatio-temporal guidance); without attention between the streams.
struct Predictions {
  at::Tensor conditional, unconditional, perturbed, isolated;
};

// By the passes that are there: away from each of the weaker predictions, then with the spread of
// the conditional one (over all but the first dimension) as far as `rescale` says.
at::Tensor guided(const Predictions& x0, const GuidanceScales& scales);

// Between the velocity that a model predicts at `sigma` and the result it means.
at::Tensor velocity_to_x0(const at::Tensor& latents, const at::Tensor& velocity, float sigma);
at::Tensor x0_to_velocity(const at::Tensor& latents, const at::Tensor& x0, float sigma);

}  // namespace kinema::sampling
