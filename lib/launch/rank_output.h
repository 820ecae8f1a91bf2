// What the ranks print: kept, the last of it shown when a rank fails, and passed on with the rank's
// number when asked.
#pragma once

#include <string>
#include <vector>

namespace kinema::launch {

enum class Echo { kNo, kPrefixed };
// Where a rank's output goes.
enum class Speaks { kItself, kThroughPipe };

// Pipes for the standard error (and, for ranks other than 0, the standard output) of each rank.
class RankOutput {
 public:
  RankOutput(int ranks, Echo echo);
  ~RankOutput();
  RankOutput(const RankOutput&) = delete;
  RankOutput& operator=(const RankOutput&) = delete;

  // In the child: it keeps the terminal, or writes into its pipe.
  void redirect_in_rank(Speaks speaks, int rank);
  // In the parent, after all forks.
  void close_writers();

  // Read ends that are still open, and reading what is there now from one of them.
  const std::vector<int>& readers() const { return readers_; }
  void drain(int rank);
  void drain_all();

  // The last lines a rank printed (empty for rank 0, which printed them itself).
  std::string last_line(int rank) const;

 private:
  void take(int rank, const char* bytes, size_t count);

  Echo echo_;
  std::vector<int> readers_, writers_;
  std::vector<std::string> kept_, unfinished_;
};

}  // namespace kinema::launch
