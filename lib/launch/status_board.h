// Shared memory in which each rank says where it is and why it failed, so that whoever watches can
// tell the truth about a process that can no longer speak.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace kinema::launch {

// What a rank was doing, as copied out for a message.
struct RankStatus {
  std::string phase;       // "denoise step 3", empty before the first
  std::string collective;  // "ulysses all_to_all #412", empty before the first
  std::string gather;      // "weights/0 all_gather #7", the same of weights gathered ahead of need
  uint64_t beats = 0;      // grows whenever the rank reports anything
  bool waits = false;      // for its peers, in `collective` or `gather`
  bool finished = false;   // all its work is done
};

// The error a rank ended with.
struct RankFailure {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what, hint;
  int64_t order = 0;  // 1 for the first failure of the run
};

// Made before the ranks are forked; each rank writes its own row only.
class StatusBoard {
 public:
  // Of `ranks` ranks, numbered from `first_rank`.
  explicit StatusBoard(int ranks, int first_rank = 0);
  ~StatusBoard();
  StatusBoard(const StatusBoard&) = delete;
  StatusBoard& operator=(const StatusBoard&) = delete;

  int ranks() const { return ranks_; }
  int first_rank() const { return first_rank_; }

  void report_phase(int rank, const std::string& phase);
  // The rank waits for its peers from the one to the other.
  void report_collective(int rank, const std::string& collective);
  void report_returned(int rank);
  // The same of what one other thread of the rank does.
  void report_gather(int rank, const std::string& gather);
  void report_gathered(int rank);
  void report_finished(int rank);
  void report_failure(int rank, const Error& error);

  RankStatus status(int rank) const;
  bool has_failed(int rank) const;
  RankFailure failure(int rank) const;

 private:
  struct Row;
  struct Page;
  Row& row(int rank) const;

  int ranks_, first_rank_;
  Page* page_;
  size_t bytes_;
};

}  // namespace kinema::launch
