// LibTorch is loaded once and the ranks are forked from here, which is far cheaper than starting
// each anew.
#include "world.h"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "comm/checked.h"
#include "comm/gloo.h"
#include "config/request_json.h"
#include "errors.h"
#include "launch/environment.h"
#include "launch/listening_socket.h"
#include "launch/supervisor.h"
#include "parallel/team.h"
#include "plan/parallel_request.h"
#include "plan/split_limits.h"
#include "rank.h"

namespace kinema::engine {
namespace {

// A collective that takes longer than this has lost somebody.
constexpr std::chrono::minutes kCollectiveTimeout{10};
// The first failure of a run whose processes another launcher watches.
constexpr const char* kFailureKey = "failure";

plan::ParallelPlan agreed_plan(const config::Request& request, const plan::ModelFacts& model) {
  config::Violations violations;
  const auto limits = plan::split_limits(request, model, plan::video_tokens(request, model));
  auto plan = plan::requested_plan(request, limits, violations);
  violations.throw_if_any();
  return plan;
}

parallel::GroupMaker gloo_groups(comm::Rendezvous& rendezvous, bool compare) {
  return [&rendezvous, compare](const std::string& name, const std::vector<int>& members) {
    auto group = comm::gloo_group(rendezvous, name, members);
    // The weights' group works on a thread of its own, which must not wait for the store while the
    // other does.
    return compare && name != "weights" ? comm::checked(std::move(group), rendezvous, members)
                                        : std::move(group);
  };
}

// Refuses a run whose processes were given different jobs.
void agree(comm::Rendezvous& rendezvous, const std::string& job) {
  const auto jobs = rendezvous.exchange("job", job);
  for (size_t rank = 0; rank < jobs.size(); ++rank) {
    if (jobs[rank] != jobs[0]) {
      throw Error(ErrorKind::kConfig,
                  "rank " + std::to_string(rank) + " has other settings than rank 0",
                  "start every process with the same command");
    }
  }
}

struct Work {
  const config::Request& request;
  const plan::ModelFacts& model;
  const Json& planned;
  plan::DeviceMesh mesh;

  void run(comm::Rendezvous& rendezvous, int local_rank, launch::StatusBoard* board) const {
    agree(rendezvous, config::request_to_json(request).dump());
    const bool compare = request.log_level == LogLevel::kDebug;
    parallel::Team team(mesh, rendezvous.rank(), gloo_groups(rendezvous, compare));
    if (board != nullptr) {
      team.observe([&](const comm::Communicator& group, const comm::Operation& operation) {
        board->report_collective(rendezvous.rank(), group.group() + " " + operation.name + " #" +
                                                        std::to_string(operation.sequence));
      });
    }
    run_rank(request, model, team, local_rank, planned, [&](const std::string& phase) {
      if (board != nullptr) board->report_phase(rendezvous.rank(), phase);
    });
    // Nobody closes its sockets while another still waits for it.
    rendezvous.exchange("done", "1");
  }
};

// Every rank is a child of this process.
int run_forked(const Work& work) {
  const int ranks = static_cast<int>(work.mesh.world_size());
  launch::ListeningSocket socket;
  const comm::Endpoint endpoint{"127.0.0.1", socket.port()};
  std::unique_ptr<comm::RendezvousServer> server;
  launch::SupervisedRun run;
  run.after_fork = [&] {
    server = std::make_unique<comm::RendezvousServer>(endpoint, socket.release());
  };
  run.rank_main = [&](int rank, launch::StatusBoard& board) {
    catch_interrupts();
    try {
      comm::Rendezvous rendezvous(endpoint, rank, ranks, comm::Rendezvous::Served::kElsewhere,
                                  kCollectiveTimeout);
      work.run(rendezvous, rank, &board);
      return 0;
    } catch (const Error& error) {
      board.report_failure(rank, error);
      return exit_code(error.kind());
    } catch (const std::exception& error) {
      board.report_failure(rank, unexpected(error));
      return exit_code(unexpected(error).kind());
    }
  };
  launch::SupervisorOptions options;
  options.ranks = ranks;
  options.echo =
      work.request.log_level >= LogLevel::kVerbose ? launch::Echo::kPrefixed : launch::Echo::kNo;
  return launch::supervise(options, run);
}

// This process is one of those that torchrun, an MPI or Slurm has started. The first to fail says
// why; the others leave with the exit code of a lost peer and no word.
int run_placed(const Work& work, const launch::Placement& place) {
  if (place.size != work.mesh.world_size()) {
    throw Error(ErrorKind::kConfig,
                place.source + " started " + std::to_string(place.size) +
                    " processes, but the degrees make " + std::to_string(work.mesh.world_size()) +
                    " ranks",
                "start " + std::to_string(work.mesh.world_size()) + " processes");
  }
  comm::Rendezvous rendezvous({place.host, place.port}, place.rank, place.size,
                              place.store_is_served ? comm::Rendezvous::Served::kElsewhere
                                                    : comm::Rendezvous::Served::kByRankZero,
                              kCollectiveTimeout);
  const auto failed = [&](const Error& error) -> Error {
    const auto mine = std::to_string(place.rank);
    // A peer's loss is only worth saying when nobody has said more; give the cause a moment to be
    // written.
    if (error.kind() == ErrorKind::kComm)
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    try {
      if (rendezvous.first(kFailureKey, mine) == mine) {
        return Error(error.kind(), "rank " + mine + ": " + error.what(), error.hint());
      }
    } catch (const Error&) {
      // The store went with rank 0, which has said why.
    }
    ::_exit(exit_code(ErrorKind::kComm));
  };
  try {
    work.run(rendezvous, place.local_rank, nullptr);
    return 0;
  } catch (const Error& error) {
    throw failed(error);
  } catch (const std::exception& error) {
    throw failed(unexpected(error));
  }
}

}  // namespace

int run_world(const plan::Handover& job) {
  const auto model = plan::read_model(job.request);
  const Work work{job.request, model, job.planned,
                  plan::DeviceMesh(agreed_plan(job.request, model))};
  if (const auto place = launch::placement(launch::process_environment); place && place->size > 1) {
    return run_placed(work, *place);
  }
  if (work.mesh.world_size() > 1) return run_forked(work);
  parallel::Team team;
  run_rank(job.request, model, team, 0, job.planned, [](const std::string&) {});
  return 0;
}

}  // namespace kinema::engine
