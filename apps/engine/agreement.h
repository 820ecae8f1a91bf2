// Whether all processes of a run were given the same job.
#pragma once

#include <set>
#include <string>

#include "comm/rendezvous.h"
#include "config/request.h"

namespace kinema::engine {

// What a process was told to do, whether it has drawn the seed itself, and which settings nobody
// gave.
struct ToldJob {
  const config::Request& request;
  bool seed_drawn = false;
  std::set<std::string> chosen = {};
};

// Called by every process. Returns the job that all do: where seeds were drawn, the first rank's
// seed and the files that it writes; what each chose for its own machine, as the first rank did,
// but for the number of threads, which stays each one's own. Throws Error(kConfig) on all alike if
// one has another setting than the first, naming the rank, the setting and both values.
config::Request agree_on_job(comm::Rendezvous& rendezvous, const ToldJob& told);

}  // namespace kinema::engine
