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
  team.observe([this](const comm::Communicator& group, const comm::Operation& operation,
                      comm::Moment moment) {
    if (std::this_thread::get_id() != main_thread_) return;
    if (listener_) listener_(group, operation, moment);
    if (moment != comm::Moment::kWaits) return goes_on();
    waits(group.group() + " " + operation.name + " #" + std::to_string(operation.sequence));
  });
}

void RankWatch::waits(const std::string& what) {
  if (board_ != nullptr) board_->report_collective(rank_, what);
}

void RankWatch::goes_on() {
  if (board_ != nullptr) board_->report_returned(rank_);
}

}  // namespace kinema::engine
