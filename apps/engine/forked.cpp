// The supervisor forks; the rendezvous store is served by the parent, on a port that the kernel
// chose.
#include "forked.h"

#include <memory>
#include <vector>

#include "launch/listening_socket.h"
#include "supervised.h"

namespace kinema::engine {

int run_forked(const Work& work) {
  launch::ListeningSocket socket;
  const comm::Endpoint endpoint{"127.0.0.1", socket.port()};
  std::unique_ptr<comm::RendezvousServer> server;
  launch::SupervisedRun run;
  run.after_fork = [&](const std::vector<pid_t>&) {
    server = std::make_unique<comm::RendezvousServer>(endpoint, socket.release());
  };
  run.rank_main = [&](int rank, launch::StatusBoard& board) {
    return run_watched_rank(work, endpoint, rank, rank, board);
  };
  run.after_kill = [&](int, pid_t process) { remove_parts(work.request, process); };
  auto options = supervisor_options(work);
  options.ranks = static_cast<int>(work.mesh.world_size());
  return launch::supervise(options, run);
}

}  // namespace kinema::engine
