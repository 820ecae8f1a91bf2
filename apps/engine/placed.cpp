// There is nobody to watch these processes but themselves: the first failure is agreed on in the
// store.
#include "placed.h"

#include <iostream>
#include <string>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "errors.h"

namespace kinema::engine {
namespace {

// How long a process that fails tries to say so.
constexpr std::chrono::seconds kLastWordTimeout{5};
// A peer's loss is only worth saying when nobody has said more; the cause may need a moment to be
// written.
constexpr std::chrono::milliseconds kMomentForTheCause{300};
constexpr const char* kFailureKey = "failure";

// The error as this process is to say it, if it is the first to fail. Otherwise does not return.
Error first_word(comm::Rendezvous& store, const RankWatch& watch, const Error& error) {
  if (error.kind() == ErrorKind::kComm) std::this_thread::sleep_for(kMomentForTheCause);
  const auto mine = std::to_string(store.rank());
  try {
    if (store.first(kFailureKey, mine) == mine)
      return Error(error.kind(), watch.place() + ": " + error.what(), error.hint());
  } catch (const Error&) {
    // The store went with rank 0, which has said why.
  }
  ::_exit(exit_code(ErrorKind::kComm));
}

void check_size(const Work& work, const launch::Placement& place) {
  const auto ranks = work.mesh.world_size();
  if (place.size == ranks) return;
  throw Error(ErrorKind::kConfig,
              place.source + " started " + std::to_string(place.size) +
                  " processes, but the degrees make " + std::to_string(ranks) + " ranks",
              "start " + std::to_string(ranks) + " processes");
}

// What all processes see alike is said by the first of them.
void check(const Work& work, const launch::Placement& place) {
  try {
    launch::require_meeting_place(place);
    check_size(work, place);
  } catch (const Error& error) {
    if (place.rank > 0) ::_exit(exit_code(error.kind()));
    throw;
  }
}

}  // namespace

int run_placed(const Work& work, const launch::Placement& place) {
  check(work, place);
  RankWatch watch(place.rank, nullptr);
  watch.enter(kStartUp);
  const comm::Endpoint endpoint{place.host, place.port};
  comm::Rendezvous rendezvous(endpoint, place.rank, place.size,
                              place.store_is_served ? comm::Rendezvous::Served::kElsewhere
                                                    : comm::Rendezvous::Served::kByRankZero,
                              work.patience());
  try {
    work.run(rendezvous, place.local_rank, watch, [&](const Error& error) {
      // The main thread may hold its connection to the store, and wait for the GPU for ever.
      comm::Rendezvous own(endpoint, place.rank, place.size, comm::Rendezvous::Served::kElsewhere,
                           kLastWordTimeout);
      std::cerr << formatted(first_word(own, watch, error)) << std::flush;
      ::_exit(exit_code(error.kind()));
    });
    return 0;
  } catch (const std::exception& error) {
    throw first_word(rendezvous, watch, unexpected(error));
  }
}

}  // namespace kinema::engine
