// The launcher's own supervisor, so that every multi-process test exercises it too.
#include "support/ranks.h"

#include <memory>

#include <ATen/Parallel.h>

#include "base/error.h"
#include "launch/listening_socket.h"
#include "launch/supervisor.h"

namespace kinema::test {

void run_ranks(int ranks, const std::function<void(comm::Rendezvous&)>& body) {
  launch::ListeningSocket socket;
  const comm::Endpoint endpoint{"127.0.0.1", socket.port()};
  std::unique_ptr<comm::RendezvousServer> server;
  launch::SupervisedRun run;
  run.after_fork = [&](const std::vector<pid_t>&) {
    server = std::make_unique<comm::RendezvousServer>(endpoint, socket.release());
  };
  run.rank_main = [&](int rank, launch::StatusBoard& board) {
    at::set_num_threads(1);
    try {
      comm::Rendezvous rendezvous(endpoint, rank, ranks, std::chrono::seconds(20));
      body(rendezvous);
      // Nobody leaves while another still needs its sockets.
      rendezvous.exchange("test/done", "1");
      return 0;
    } catch (const Error& error) {
      board.report_failure(rank, error);
      return exit_code(error.kind());
    } catch (const std::exception& error) {
      board.report_failure(rank, Error(ErrorKind::kInternal, error.what()));
      return exit_code(ErrorKind::kInternal);
    }
  };
  launch::supervise({.ranks = ranks}, run);
}

void require(bool holds, const std::string& what) {
  if (!holds) throw Error(ErrorKind::kInternal, what);
}

}  // namespace kinema::test
