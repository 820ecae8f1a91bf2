// Runs one child process per rank and stays behind to watch them: the first failure ends all, and
// nothing is left behind. Ranks may have others beside them, which other processes watch.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include <sys/types.h>

#include "launch/rank_output.h"
#include "launch/status_board.h"

namespace kinema::launch {

struct SupervisorOptions {
  int ranks = 1;
  int first_rank = 0;  // the number of the first of them
  Echo echo = Echo::kNo;
  // Ranks 0, n, 2n and so on print where this process prints; 0: rank 0 alone.
  int speaking_every = 0;
  // No rank reports anything for so long: the run is taken for hung. Zero: never.
  std::chrono::seconds stall_timeout{600};
  // How long the others may take to leave by themselves before they are killed: after a failure,
  // and when one has left because of an interrupt.
  std::chrono::milliseconds grace{500}, interrupt_grace{3000};
  // How much longer than the stall timeout ranks are watched that only wait for ranks elsewhere:
  // whoever watches those is to say what they do.
  std::chrono::milliseconds wait_for_others{3000};
};

// What is known of ranks that this process does not watch.
struct Others {
  bool failed = false;  // the run is over
  uint64_t beats = 0;   // grows whenever one of them reports anything
};

struct SupervisedRun {
  // In the child: the whole work of a rank; what it returns is its exit code. Errors are reported
  // on the board.
  std::function<int(int rank, StatusBoard& board)> rank_main = {};
  // In the parent, after all children are there (threads may be started from here on).
  std::function<void(const std::vector<pid_t>& processes)> after_fork = {};
  // In the parent, when a signal has ended a rank, which could not tidy up after itself.
  std::function<void(int rank, pid_t process)> after_kill = {};
  // In the parent, several times a second, where there are ranks elsewhere.
  std::function<Others(const StatusBoard& board)> look_around = {};
};

// Forks the ranks (each its own process group, killed with this process), forwards SIGINT and
// SIGTERM to them (a second one kills), and waits. Returns the exit code when all ended well or by
// an interrupt; throws the one Error that is the cause among these ranks otherwise. Must be called
// before this process has started threads.
int supervise(const SupervisorOptions& options, const SupervisedRun& run);

}  // namespace kinema::launch
