// Rows of the status board, where there is one.
#include "watch.h"

namespace kinema::engine {

RankWatch::RankWatch(int rank, launch::StatusBoard* board)
    : rank_(rank), board_(board), fault_(Fault::from_environment()) {}

void RankWatch::enter(const std::string& phase) {
  if (board_ != nullptr) board_->report_phase(rank_, phase);
  if (fault_) fault_->enter(rank_, phase);
}

void RankWatch::observe(parallel::Team& team) {
  const auto name = [](const comm::Communicator& group, const comm::Operation& operation) {
    return group.group() + " " + operation.name + " #" + std::to_string(operation.sequence);
  };
  team.observe([this, name](const comm::Communicator& group, const comm::Operation& operation,
                            comm::Moment moment) {
    if (std::this_thread::get_id() != main_thread_) return;
    if (listener_) listener_(group, operation, moment);
    moment == comm::Moment::kWaits ? waits(name(group, operation)) : goes_on();
  });
  if (!team.weights()) return;
  team.weights()->observe([this, name](const comm::Communicator& group,
                                       const comm::Operation& operation, comm::Moment moment) {
    if (moment == comm::Moment::kWaits) {
      gathers(name(group, operation));
    } else if (board_ != nullptr) {
      board_->report_gathered(rank_);
    }
  });
}

void RankWatch::gathers(const std::string& what) {
  // A rank that never comes to the gather is not one that waits in it.
  if (fault_) fault_->enter(rank_, what);
  if (board_ != nullptr) board_->report_gather(rank_, what);
}

void RankWatch::waits(const std::string& what) {
  if (board_ != nullptr) board_->report_collective(rank_, what);
}

void RankWatch::goes_on() {
  if (board_ != nullptr) board_->report_returned(rank_);
}

}  // namespace kinema::engine
