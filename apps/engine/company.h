// What the watchers of placed ranks know of each other: through the store, and on one machine by
// looking at each other's processes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <sys/types.h>

#include "comm/rendezvous.h"
#include "launch/environment.h"
#include "launch/supervisor.h"
#include "neighbour.h"

namespace kinema::engine {

// A watcher that has ended without a word.
struct LostRank {
  int rank = 0;
  std::optional<pid_t> process_here;  // that computed for it, on this machine
};

class Company {
 public:
  // Joins the others in the background. `computing`: the process that this one watches.
  Company(const launch::Placement& place, std::chrono::milliseconds timeout, pid_t computing);
  // Tells the others that all is said. Rank 0, which may serve the store, waits until they know
  // what they need from it.
  ~Company();
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  // How the others are. `own_beats`: of this rank, for them.
  launch::Others look(uint64_t own_beats);
  // A lost rank, if this process is the one to tell of it.
  std::optional<LostRank> lost();
  // Returns when somebody has told why the run ends, or after the moment that it may take.
  void wait_for_cause();
  // Whether this process is the one to say why the run ends. Also if nobody can be asked.
  bool first_to_fail();

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  bool meet();
  void keep_company(comm::Rendezvous& store);
  void answer(comm::Rendezvous& store);
  void share_beats(comm::Rendezvous& store);
  void look_at_neighbours(comm::Rendezvous& store);
  void take_leave(comm::Rendezvous& store);
  void without_store();
  void tell_of(int rank);
  void end_here();
  bool goes_on();
  bool pause(std::chrono::milliseconds time);

  const launch::Placement place_;
  const std::chrono::milliseconds timeout_;
  const pid_t computing_;

  // Of the thread alone.
  std::map<int, Neighbour> neighbours_;
  std::set<int> known_;  // ranks that have joined
  std::set<int> gone_;   // without a word
  uint64_t shared_beats_ = 0;
  Clock::time_point beats_since_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool leaving_ = false, asked_ = false;
  bool over_ = false;          // somebody else has said or will say why
  std::optional<bool> first_;  // the answer to first_to_fail()
  std::optional<LostRank> lost_;
  uint64_t own_beats_ = 0, others_beats_ = 0;
  std::thread thread_;  // last: uses the above
};

}  // namespace kinema::engine
