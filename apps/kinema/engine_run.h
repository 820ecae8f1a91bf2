// kinema-engine as a child: for verbs that have something to do when it has ended.
#pragma once

#include <string>

#include "plan/job.h"

namespace kinema::cli {

struct EngineRun {
  int exit_code = 0;       // 128 + signal where one ended it
  double seconds = 0;      // wall time, from its start to its end
  std::string last_words;  // the last lines it wrote to standard error
};

// Runs the job and waits. What the engine says on standard error is passed on, its result on
// standard output is not. SIGINT and SIGTERM (catch_interrupts() must have been called) are passed
// to it; it ends with this process. Throws Error(kInternal) if it cannot be started.
EngineRun run_engine(const plan::Job& job);

}  // namespace kinema::cli
