// The job goes on from a file as if it had not stopped: a step needs nothing but the latents before
// it.
#include "pipeline/step_end.h"

#include <string>

#include "base/error.h"

namespace kinema::pipeline {

std::optional<PartialLatents> left_before(const Runtime& runtime) {
  if (!runtime.partial) return std::nullopt;
  return read_partial(*runtime.partial);
}

void end_step(Runtime& runtime, int64_t done, int64_t steps, const Latents& latents) {
  if (!interrupted_together(runtime.team)) return;
  if (runtime.partial && runtime.team.is_first()) write_partial(*runtime.partial, {latents, done});
  throw Error(ErrorKind::kInterrupted, "interrupted after denoise step " + std::to_string(done) +
                                           " of " + std::to_string(steps));
}

void follow_steps(Runtime& runtime) {
  const int64_t steps = *runtime.request.num_inference_steps;
  const auto before = left_before(runtime);
  for (int64_t step = before ? before->steps_done : 0; step < steps; ++step)
    end_step(runtime, step + 1, steps);
}

}  // namespace kinema::pipeline
