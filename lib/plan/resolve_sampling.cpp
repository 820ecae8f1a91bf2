// Steps, guidance and schedule: the checkpoint's values unless the job says otherwise.
#include "base/log.h"
#include "plan/resolution.h"

namespace kinema::plan {

void resolve_sampling(Resolution& r) {
  auto& request = r.request();
  const auto& model = r.job.model;
  const auto& defaults = model.defaults;
  const bool distilled = model.branches(defaults.guidance_scale) == 1;
  r.fill(request.num_inference_steps, "num_inference_steps", defaults.num_inference_steps,
         "the model");
  r.fill(request.flow_shift, "flow_shift", defaults.flow_shift, "scheduler/scheduler_config.json");
  r.fill(request.guidance_scale, "guidance_scale", defaults.guidance_scale,
         "guider/guider_config.json");
  r.fill(request.guidance_rescale, "guidance_rescale", defaults.guidance_rescale,
         "guider/guider_config.json");
  if (model.branches(*request.guidance_scale) == 2) {
    if (distilled)
      r.note(fmt::format("{} is made to run without guidance (--guidance-scale 1)", model.variant));
    return;
  }
  // Without guidance these have no effect: said, not swallowed.
  for (const char* key : {"negative_prompt", "guidance_rescale"}) {
    if (r.given(key) && r.job.settings.source(key).find("guider") == std::string::npos &&
        r.job.settings.source(key) != "the program") {
      r.note(fmt::format("{} has no effect without guidance", key));
    }
  }
}

}  // namespace kinema::plan
