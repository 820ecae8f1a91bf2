// Predicted times in what `kinema plan` prints.
#pragma once

#include <string>

#include "base/json.h"
#include "plan/job.h"

namespace kinema::plan {

// "0.93", "4320": what a predicted time is worth.
std::string predicted_seconds(double value);

// "0.93 s a step, 47 s for 50 steps predicted: 0.85 s computing, 0.08 s exchanging (NVIDIA H200)".
std::string step_text(const Job& job);

// "34 units + root (0.20 GB each), 20 blocks stay, 2 slots, 4.4 GB a rank, from host memory;
// 0.05 s a step waiting", or nothing.
std::string stream_text(const Prediction& predicted);

// The fastest layouts of as many ranks, with their times and flags; the job's own is marked. Empty
// for one process.
std::string layouts_text(const Job& job);

// {"machine", "step_seconds": {"total", "compute", ...}, "layouts": [...]}.
OrderedJson prediction_json(const Job& job);

}  // namespace kinema::plan
