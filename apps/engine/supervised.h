// What ranks and those who watch them do alike, whoever started the run.
#pragma once

#include <sys/types.h>

#include "comm/rendezvous.h"
#include "launch/supervisor.h"
#include "work.h"

namespace kinema::engine {

// How ranks of this work are watched.
launch::SupervisorOptions supervisor_options(const Work& work);

// In the child: the whole work of a rank, with its errors on the board. Returns its exit code.
int run_watched_rank(const Work& work,
                     const comm::Endpoint& endpoint,
                     int rank,
                     int local_rank,
                     launch::StatusBoard& board);

// What a killed rank could not remove.
void remove_parts(const config::Request& request, pid_t process);

}  // namespace kinema::engine
