// The work of one process: everything from an agreed request to its part of the video.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/json.h"
#include "config/request.h"
#include "parallel/team.h"
#include "plan/model_facts.h"
#include "watch.h"

namespace kinema::engine {

// Sets the threads, makes the video of every output the request asks for on `device`, and prints
// results on the first rank. `planned` goes into the metrics beside what was measured; `watch` is
// told where this process is.
void run_rank(const config::Request& request,
              const plan::ModelFacts& model,
              parallel::Team& team,
              at::Device device,
              const Json& planned,
              RankWatch& watch);

}  // namespace kinema::engine
