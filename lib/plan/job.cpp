// The order in which values are resolved: each step uses the ones before.
#include "plan/job.h"

#include <utility>

#include "base/log.h"
#include "plan/recommended.h"
#include "plan/resolution.h"
#include "plan/split_limits.h"

namespace kinema::plan {

std::string Resolution::from(const std::string& key) const {
  const auto source = job.settings.source(key);
  return source.starts_with("-") || source == "the program" ? "" : " (" + source + ")";
}

Job plan_job(config::Settings settings,
             ModelFacts model,
             const Surroundings& around,
             config::Violations& violations) {
  Job job;
  job.settings = std::move(settings);
  job.given = job.settings.sources;
  job.model = std::move(model);
  job.host_memory = around.host_memory;
  Resolution r{job, around, violations};
  apply_recommended(r);
  resolve_content(r);
  resolve_size(r);
  resolve_frames(r);
  resolve_sampling(r);
  const bool shape_known = violations.empty();
  if (shape_known) {
    job.video = {*r.request().width, *r.request().height, *r.request().num_frames};
    job.latent = latent_shape(job.video, job.model.shape);
    job.tokens = video_tokens(r.request(), job.model);
  }
  resolve_output(r);
  // Layout and memory mean nothing for a shape that cannot be.
  if (!shape_known) return job;
  resolve_machine(r);
  resolve_streaming(r);
  resolve_memory(r);
  return job;
}

}  // namespace kinema::plan
