// The job goes on from a file as if it had not stopped: a step needs nothing but the latents before
// it.
#include "pipeline/step_end.h"

#include <string>

#include "base/error.h"
#include "pipeline/load_ahead.h"

namespace kinema::pipeline {

std::optional<PartialLatents> left_before(const Runtime& runtime) {
  if (!runtime.partial) return std::nullopt;
  return read_partial(*runtime.partial);
}

namespace {

std::string place(int64_t done, int64_t steps) {
  return "denoise step " + std::to_string(done) + " of " + std::to_string(steps);
}

[[noreturn]] void interrupted(int64_t done, int64_t steps) {
  throw Error(ErrorKind::kInterrupted, "interrupted after " + place(done, steps));
}

void follow_steps(Runtime& runtime) {
  const int64_t steps = *runtime.request.num_inference_steps;
  const auto before = left_before(runtime);
  for (int64_t step = before ? before->steps_done : 0; step < steps; ++step) {
    if (interrupted_together(runtime.team)) interrupted(step + 1, steps);
    if (runtime.ahead != nullptr) runtime.ahead->step_done();
  }
}

}  // namespace

void StepEnds::operator()(int64_t done,
                          const std::vector<at::Tensor>& values,
                          const std::function<Latents()>& latents) {
  finite_.look(values, place(done, steps_));
  const bool stops = interrupted_together(runtime_.team);
  const bool ended = runtime_.stages.step_given() || values.front().is_cpu();
  if (runtime_.ahead != nullptr) runtime_.ahead->step_done();
  if (open_) runtime_.stages.step_done();
  if (ended) runtime_.stages.step_done();
  open_ = !ended;
  if (!stops) return;
  finish();
  if (runtime_.partial && runtime_.team.is_first())
    write_partial(*runtime_.partial, {latents(), done});
  interrupted(done, steps_);
}

void StepEnds::finish() {
  finite_.settle();
  if (open_) runtime_.stages.step_done();
  open_ = false;
}

void on_every_rank(Runtime& runtime,
                   const std::function<void()>& denoise,
                   const std::vector<at::Tensor*>& latents) {
  const auto& team = runtime.team;
  team.denoises() ? denoise() : follow_steps(runtime);
  if (team.size() == team.denoising()) return;
  for (auto* one : latents)
    *one = parallel::shared_from(team.replica(), 0, *one).to(runtime.device);
}

}  // namespace kinema::pipeline
