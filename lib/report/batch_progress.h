// How far a batch is: a line for each output that begins or fails, with the time that is left for
// all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "report/progress.h"

namespace kinema::report {

// How many outputs there are, what has become of them so far, and how many are made at a time.
struct BatchCount {
  int64_t all = 0, begun = 0, failed = 0, at_a_time = 1;
};

class BatchProgress {
 public:
  BatchProgress(config::ProgressStyle style, ProgressTarget target);

  // Output `id` begins: the `count.begun`-th of `count.all`.
  void began(const std::string& id, const BatchCount& count);
  void ended(const std::string& id, double seconds);
  void failed(const std::string& id, const std::string& why);

  // Seconds for what has not begun and the one that has, from those that have ended here.
  std::optional<double> eta_seconds(const BatchCount& count) const;

 private:
  config::ProgressStyle style_;
  ProgressTarget target_;
  double seconds_ = 0;  // of those that have ended
  int64_t ended_ = 0;
};

}  // namespace kinema::report
