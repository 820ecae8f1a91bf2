// Settings of the denoising.
#include "config/option_groups.h"

namespace kinema::config {

std::vector<Option> sampling_options() {
  return {
      {.key = "num_inference_steps",
       .flags = {"--num-inference-steps", "--steps"},
       .group = Group::kSampling,
       .field = field(&Request::num_inference_steps),
       .help = "denoising steps",
       .unset = kModelDecides,
       .least = 1,
       .most = 1000},
      {.key = "guidance_scale",
       .flags = {"--guidance-scale"},
       .group = Group::kSampling,
       .field = field(&Request::guidance_scale),
       .help = "how strongly the prompt is followed; 1 runs without guidance and twice as fast",
       .unset = kModelDecides,
       .least = 0,
       .most = 1000},
      {.key = "guidance_rescale",
       .flags = {"--guidance-rescale"},
       .group = Group::kSampling,
       .field = field(&Request::guidance_rescale),
       .help = "share of the guided prediction that is rescaled to the unguided one's spread",
       .unset = kModelDecides,
       .least = 0,
       .most = 1},
      {.key = "flow_shift",
       .flags = {"--flow-shift"},
       .group = Group::kSampling,
       .field = field(&Request::flow_shift),
       .help = "shift of the noise schedule",
       .unset = kModelDecides,
       .least = 0.01,
       .most = 1000},
      {.key = "numerics",
       .flags = {"--numerics"},
       .group = Group::kSampling,
       .field = field(&Request::numerics),
       .help = "trained: latents and schedule in float32; reference: with diffusers' roundings, "
               "for comparisons in bfloat16"},
  };
}

}  // namespace kinema::config
