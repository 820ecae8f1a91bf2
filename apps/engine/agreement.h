// Whether all processes of a run were given the same job.
#pragma once

#include "comm/rendezvous.h"
#include "config/request.h"

namespace kinema::engine {

// Called by every process. Throws Error(kConfig) on all alike if one has another setting than the
// first, naming the rank, the setting and both values.
void agree_on_job(comm::Rendezvous& rendezvous, const config::Request& request);

}  // namespace kinema::engine
