// The work of one process: everything from an agreed request to its part of the videos.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/json.h"
#include "config/request.h"
#include "parallel/team.h"
#include "plan/model_facts.h"
#include "share_board.h"
#include "watch.h"

namespace kinema::engine {

// What all processes are to do.
struct Duty {
  const config::Request& request;
  const plan::ModelFacts& model;
  const Json& planned;  // goes into the metrics beside what was measured
  const Json& task;     // of the handover
};

// Sets the threads, makes the video of every output the request asks for on `device`, decodes its
// latents, or goes through a batch, as the task says, and prints results on the first rank of each
// replica. `watch` is told where this process is; replicas part a batch's jobs over `shared`.
void run_rank(const Duty& duty,
              parallel::Team& team,
              at::Device device,
              RankWatch& watch,
              ShareBoard& shared);

}  // namespace kinema::engine
