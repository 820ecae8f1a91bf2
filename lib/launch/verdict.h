// Which of several failures is the cause, and the one sentence that says so.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "launch/status_board.h"

namespace kinema::launch {

// How one rank ended.
struct RankEnd {
  int rank = 0;
  int exit_code = 0;         // of an orderly end
  int signal = 0;            // that ended it, 0 if none did
  bool was_stopped = false;  // the launcher had already told it to go
  int order = 0;             // 0 for the first that ended
  bool finished = false;     // it had done all its work
  std::string last_line;     // of what it printed

  bool failed() const { return exit_code != 0 || signal != 0 || !finished; }
};

struct Verdict {
  int exit_code = 0;
  std::optional<Error> error;  // nothing when every rank ended well
};

// Looks for the cause in this order: a rank killed by a signal that the launcher did not send, a
// rank's own error, a rank that left with a code and no word, and last the errors of ranks that
// only noticed a peer was gone.
Verdict judge(const std::vector<RankEnd>& ends, const StatusBoard& board);

// Why nobody has moved for so long: the ranks that are at work while the others wait for them, or,
// where that does not tell them apart, where each rank is.
Error stalled(const StatusBoard& board, std::chrono::seconds silence);

}  // namespace kinema::launch
