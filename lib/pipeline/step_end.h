// What happens between two denoising steps: interrupts are noticed, and what is there is kept.
#pragma once

#include <optional>

#include "pipeline/latents.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// What an interrupted run of the job has left, the same on every rank; nothing to begin anew.
std::optional<PartialLatents> left_before(const Runtime& runtime);

// After step `done` of `steps`, counted from 1; called by every rank of the replica alike. If a
// signal has come, the first rank writes the latents to runtime.partial, and all throw
// Error(kInterrupted). Ranks that only decode pass no latents.
void end_step(Runtime& runtime, int64_t done, int64_t steps, const Latents& latents = {});

// The denoising of a rank that only decodes tiles: it takes part in the agreement of each step.
void follow_steps(Runtime& runtime);

}  // namespace kinema::pipeline
