// A rank meets the others through the store, whoever serves it.
#include "supervised.h"

#include <string>

#include <unistd.h>

#include "base/atomic_file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "checkpoint/lost_pages.h"
#include "config/outputs.h"
#include "errors.h"

namespace kinema::engine {
namespace {

// For the longest step.
constexpr std::chrono::minutes kStepGrace{30};

// Whoever watches sees who is at work and who waits, and gives up in time. Of kernels that wait on
// a GPU they see nothing.
std::chrono::milliseconds patience_of_collectives(const Work& work) {
  const bool gpu = work.request.device.kind == config::Device::Kind::kCuda;
  return gpu ? work.patience() : kAnyTime;
}

}  // namespace

launch::SupervisorOptions supervisor_options(const Work& work) {
  launch::SupervisorOptions options;
  if (work.task.contains("batch")) {
    // The first rank of each replica speaks, and one replica may be in the middle of a step when
    // another has ended.
    options.speaking_every = static_cast<int>(work.mesh.plan().replica());
    options.interrupt_grace = kStepGrace;
  }
  options.stall_timeout = std::chrono::seconds(work.request.stall_timeout);
  options.echo =
      work.request.log_level >= LogLevel::kVerbose ? launch::Echo::kPrefixed : launch::Echo::kNo;
  return options;
}

int run_watched_rank(const Work& work,
                     const comm::Endpoint& endpoint,
                     int rank,
                     int local_rank,
                     launch::StatusBoard& board) {
  catch_interrupts();
  const auto fail = [&](const Error& error) {
    // Nobody who watches speaks of the user's wish; the first rank does, as a run of one does.
    if (rank == 0 && error.kind() == ErrorKind::kInterrupted) note(error.what());
    board.report_failure(rank, error);
    return exit_code(error.kind());
  };
  // The main thread may wait for the GPU, or for what it cannot read, for ever.
  const auto fail_now = [&](const Error& error) { ::_exit(fail(error)); };
  try {
    const checkpoint::LostPages lost(fail_now);
    RankWatch watch(rank, &board);
    watch.enter(kStartUp);
    watch.waits("meeting the others at " + endpoint.host + ":" + std::to_string(endpoint.port));
    comm::Rendezvous rendezvous(endpoint, rank, static_cast<int>(work.mesh.world_size()),
                                patience_of_collectives(work));
    work.run(rendezvous, local_rank, watch, fail_now);
    return 0;
  } catch (const std::exception& error) {
    return fail(unexpected(error));
  }
}

void remove_parts(const config::Request& request, pid_t process) {
  for (const auto& files : config::output_files(request)) {
    for (const auto& [flag, path] : files.all()) remove_part(path, process);
  }
}

}  // namespace kinema::engine
