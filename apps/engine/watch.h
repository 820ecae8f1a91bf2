// What a rank says of itself while it works, for whoever watches it.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "fault.h"
#include "launch/status_board.h"
#include "parallel/team.h"

namespace kinema::engine {

// The phase before the first stage.
inline constexpr const char* kStartUp = "start-up";

class RankWatch {
 public:
  // `board`: nothing when nobody here watches this process.
  RankWatch(int rank, launch::StatusBoard* board);

  // Enters "encode text" or "denoise step 2". A fault that a test has asked for happens here.
  void enter(const std::string& phase);
  // Tells of the team's operations: of those of the main thread, and of gathers of weights, which
  // another thread does ahead of need.
  void observe(parallel::Team& team);
  // What operations of the main thread are told to beside the board. Nothing: to nobody.
  using Listener = comm::Communicator::Observer;
  void listen(Listener listener) { listener_ = std::move(listener); }
  // From here on this rank waits for the others in something that is no group's operation, until it
  // goes on.
  void waits(const std::string& what);
  void goes_on();

 private:
  void gathers(const std::string& what);

  int rank_;
  launch::StatusBoard* board_;
  std::optional<Fault> fault_;
  Listener listener_;
  std::thread::id main_thread_ = std::this_thread::get_id();
};

}  // namespace kinema::engine
