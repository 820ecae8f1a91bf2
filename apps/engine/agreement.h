// Whether all processes of a run were given the same job.
#pragma once

#include "comm/rendezvous.h"
#include "config/request.h"

namespace kinema::engine {

// What a process was told to do, and whether it has drawn the seed itself.
struct ToldJob {
  const config::Request& request;
  bool seed_drawn = false;
};

// Called by every process. Returns the job that all do: where seeds were drawn, the first rank's
// seed and the files that it writes. Throws Error(kConfig) on all alike if one has another setting
// than the first, naming the rank, the setting and both values.
config::Request agree_on_job(comm::Rendezvous& rendezvous, const ToldJob& told);

}  // namespace kinema::engine
