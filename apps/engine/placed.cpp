// A process that is killed cannot say so: therefore each of those that were started only watches,
// and a child of it computes.
#include "placed.h"

#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/error.h"
#include "company.h"
#include "supervised.h"

namespace kinema::engine {
namespace {

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

// One placed rank and the process that watches it.
class PlacedRank {
 public:
  PlacedRank(const Work& work, const launch::Placement& place)
      : work_(work), place_(place), endpoint_{place.host, place.port, place.attempt} {}

  int run() {
    launch::SupervisedRun run;
    run.after_fork = [this](const std::vector<pid_t>& processes) { join(processes.at(0)); };
    run.rank_main = [this](int rank, launch::StatusBoard& board) {
      return run_watched_rank(work_, endpoint_, rank, place_.local_rank, board);
    };
    run.after_kill = [this](int, pid_t process) { remove_parts(work_.request, process); };
    run.look_around = [this](const launch::StatusBoard& board) { return look(board); };
    auto options = supervisor_options(work_);
    options.first_rank = place_.rank;
    try {
      return ended(launch::supervise(options, run));
    } catch (const Error& error) {
      if (!company_) throw;  // there was no meeting place to be had
      return failed(error);
    }
  }

 private:
  void join(pid_t process) {
    if (place_.rank == 0 && !place_.store_is_served)
      server_ = std::make_unique<comm::RendezvousServer>(endpoint_);
    company_ = std::make_unique<Company>(place_, work_.patience(), process);
  }

  launch::Others look(const launch::StatusBoard& board) {
    const auto status = board.status(place_.rank);
    phase_ = status.phase;
    told_ = board.has_failed(place_.rank);
    return company_->look(status.beats);
  }

  int ended(int code) {
    if (company_->lost()) throw loss();
    if (code != 0) company_->first_to_fail();  // an interrupt: the others need not wonder
    return code == 0 && company_->look(0).failed ? exit_code(ErrorKind::kComm) : code;
  }

  // A rank that tells of a peer's loss does not know the cause, which somebody else may tell.
  int failed(const Error& error) {
    if (told_ && error.kind() == ErrorKind::kComm) company_->wait_for_cause();
    if (company_->lost()) throw loss();
    const bool speaks = company_->first_to_fail() && error.kind() != ErrorKind::kInterrupted;
    if (speaks) throw error;
    return exit_code(error.kind() == ErrorKind::kInterrupted ? error.kind() : ErrorKind::kComm);
  }

  // The rank whose process, and with it its watcher, somebody has ended.
  Error loss() {
    const auto lost = *company_->lost();
    company_.reset();
    if (lost.process_here) remove_parts(work_.request, *lost.process_here);
    return Error(ErrorKind::kComm,
                 "rank " + std::to_string(lost.rank) + " ended without a word while rank " +
                     std::to_string(place_.rank) + " was in " + phase_ +
                     "; the other ranks were stopped",
                 "if nobody killed it, its machine may have run out of memory: see dmesg there");
  }

  const Work& work_;
  const launch::Placement& place_;
  comm::Endpoint endpoint_;
  std::string phase_ = kStartUp;
  bool told_ = false;
  std::unique_ptr<comm::RendezvousServer> server_;
  std::unique_ptr<Company> company_;
};

}  // namespace

int run_placed(const Work& work, const launch::Placement& place) {
  check(work, place);
  return PlacedRank(work, place).run();
}

}  // namespace kinema::engine
