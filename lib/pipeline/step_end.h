// What happens between two denoising steps: values are looked at, interrupts are noticed, and what
// is there is kept.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "pipeline/latents.h"
#include "pipeline/runtime.h"
#include "sampling/finite.h"

namespace kinema::pipeline {

// What an interrupted run of the job has left, the same on every rank; nothing to begin anew.
std::optional<PartialLatents> left_before(const Runtime& runtime);

// The ends of the steps of one denoising. The host looks at a step when the next one has been given
// to the device: it waits for the step it is at only where kernels are counted.
class StepEnds {
 public:
  StepEnds(Runtime& runtime, int64_t steps) : runtime_(runtime), steps_(steps) {}

  // After step `done`, counted from 1; called by every rank that denoises. `values` are what must
  // be finite of it; a value that is not is Error(kModel), thrown here or at the next end. If a
  // signal has come, the first rank writes latents() to runtime.partial, and all throw
  // Error(kInterrupted).
  void operator()(int64_t done,
                  const std::vector<at::Tensor>& values,
                  const std::function<Latents()>& latents);
  // After the last step.
  void finish();

 private:
  Runtime& runtime_;
  int64_t steps_;
  sampling::FiniteCheck finite_;
  bool open_ = false;  // a step that the device has not been seen to end
};

// Has the ranks that denoise do so. Those that only decode tiles take part in the agreement of each
// step, and have the first rank's `latents` afterwards.
void on_every_rank(Runtime& runtime,
                   const std::function<void()>& denoise,
                   const std::vector<at::Tensor*>& latents);

}  // namespace kinema::pipeline
