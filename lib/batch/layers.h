// Which settings may stand where in a job file.
#pragma once

#include "batch/job_file.h"

namespace kinema::batch {

// Everything that is out of place, unknown keys apart, which are found when the layer is applied.

// "run": the model, the machine, how the program talks, memory.
void check_run(const Layer& run, config::Violations& violations);
// What jobs share, and a job: all other settings.
void check_defaults(const Layer& defaults, config::Violations& violations);
void check_job(const Layer& job, config::Violations& violations);
// Settings that both "run" and "defaults" have.
void check_twice(const Header& header, config::Violations& violations);

}  // namespace kinema::batch
