// The supervisor forks; the rendezvous store is served by the parent, on a port that the kernel
// chose.
#include "forked.h"

#include <memory>

#include <unistd.h>

#include "base/atomic_file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "config/outputs.h"
#include "errors.h"
#include "launch/listening_socket.h"
#include "launch/supervisor.h"

namespace kinema::engine {
namespace {

// For the longest step.
constexpr std::chrono::minutes kStepGrace{30};

// What a killed rank could not remove.
void remove_parts(const config::Request& request, pid_t process) {
  for (const auto& files : config::output_files(request)) {
    for (const auto& [flag, path] : files.all()) remove_part(path, process);
  }
}

// The supervisor sees who is at work and who waits, and gives up in time. Of kernels that wait on a
// GPU it sees nothing.
std::chrono::milliseconds patience_of_collectives(const Work& work) {
  const bool gpu = work.request.device.kind == config::Device::Kind::kCuda;
  return gpu ? work.patience() : kAnyTime;
}

int run_one(const Work& work,
            const comm::Endpoint& endpoint,
            int rank,
            launch::StatusBoard& board) {
  catch_interrupts();
  const auto fail = [&](const Error& error) {
    board.report_failure(rank, error);
    return exit_code(error.kind());
  };
  try {
    RankWatch watch(rank, &board);
    watch.enter(kStartUp);
    watch.waits("meeting the others");
    comm::Rendezvous rendezvous(endpoint, rank, static_cast<int>(work.mesh.world_size()),
                                comm::Rendezvous::Served::kElsewhere,
                                patience_of_collectives(work));
    // The main thread may wait for the GPU for ever.
    work.run(rendezvous, rank, watch, [&](const Error& error) { ::_exit(fail(error)); });
    return 0;
  } catch (const std::exception& error) {
    return fail(unexpected(error));
  }
}

}  // namespace

int run_forked(const Work& work) {
  launch::ListeningSocket socket;
  const comm::Endpoint endpoint{"127.0.0.1", socket.port()};
  std::unique_ptr<comm::RendezvousServer> server;
  launch::SupervisedRun run;
  run.after_fork = [&] {
    server = std::make_unique<comm::RendezvousServer>(endpoint, socket.release());
  };
  run.rank_main = [&](int rank, launch::StatusBoard& board) {
    return run_one(work, endpoint, rank, board);
  };
  run.after_kill = [&](int, pid_t process) { remove_parts(work.request, process); };
  launch::SupervisorOptions options;
  options.ranks = static_cast<int>(work.mesh.world_size());
  if (work.task.contains("batch")) {
    // The first rank of each replica speaks, and one replica may be in the middle of a step when
    // another has ended.
    options.speaking_every = static_cast<int>(work.mesh.plan().replica());
    options.interrupt_grace = kStepGrace;
  }
  options.stall_timeout = std::chrono::seconds(work.request.stall_timeout);
  options.echo =
      work.request.log_level >= LogLevel::kVerbose ? launch::Echo::kPrefixed : launch::Echo::kNo;
  return launch::supervise(options, run);
}

}  // namespace kinema::engine
