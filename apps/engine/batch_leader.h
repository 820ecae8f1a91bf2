// The first rank of a replica in a batch: takes what is to be done, and records what was.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "batch/queue.h"
#include "rank.h"
#include "report/batch_progress.h"
#include "report/run_report.h"
#include "share_board.h"

namespace kinema::engine {

class BatchLeader {
 public:
  // `replicas`: groups of processes that work on the batch.
  BatchLeader(const batch::Order& order, const Duty& duty, ShareBoard& shared, int64_t replicas);

  // The next turn as JSON for all ranks: {"turn": "make" | "wait" | "end" | "interrupted", "unit",
  // "work", "prompts": requests to be encoded first}. Waits a moment where nothing is there yet.
  Json turn();
  // The output of the last turn is on disk.
  void finished(const batch::Unit& unit, const report::RunReport& run);
  // It is not, and never will be.
  void failed(const batch::Unit& unit, const Error& error);

  const batch::State& state() const { return state_; }

 private:
  Json make_turn(const batch::Turn& turn);
  Json prompts_for(const batch::Turn& turn);
  void refuse(const std::string& id, const std::string& hash, const Error& error);
  double seconds_since_began() const;

  const batch::Order& order_;
  ShareBoard& shared_;
  int64_t replicas_;
  batch::State state_;
  std::unique_ptr<batch::Resolver> resolver_;
  std::unique_ptr<batch::Queue> queue_;
  report::BatchProgress progress_;
  std::set<std::string> encoded_;  // hashes of units whose prompts were sent
  std::chrono::steady_clock::time_point began_;
  int64_t failed_ = 0;
};

// How progress is shown: several replicas cannot share a bar.
config::ProgressStyle batch_style(const config::Request& request, int64_t replicas);

}  // namespace kinema::engine
