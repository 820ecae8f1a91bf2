// The work of one process: everything from an agreed request to its part of the video.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "config/request.h"
#include "parallel/team.h"
#include "plan/model_facts.h"

namespace kinema::engine {

// Told where this process is, for whoever watches it.
using PhaseReport = std::function<void(const std::string& phase)>;

// Sets threads and device, makes the video of every output the request asks for, and prints results
// on the first rank. `local_rank` chooses the GPU among this machine's; `planned` goes into the
// metrics beside what was measured.
void run_rank(const config::Request& request,
              const plan::ModelFacts& model,
              parallel::Team& team,
              int local_rank,
              const Json& planned,
              const PhaseReport& phase);

}  // namespace kinema::engine
