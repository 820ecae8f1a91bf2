// How far a job is, as a user, a log or a program wants to read it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "config/request.h"

namespace kinema::report {

// A stage that has ended. Memory is this process's: 0 where it is not known.
struct StageEnd {
  double seconds = 0;
  uint64_t peak_host_bytes = 0, peak_device_bytes = 0;
};

// Told of every change by whoever works; one stage at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  // `steps` 0: a stage without steps.
  virtual void stage_began(const std::string& stage, int64_t steps) = 0;
  virtual void step_ended(int64_t done, int64_t steps) = 0;
  virtual void stage_ended(const StageEnd& end) = 0;
};

// Where progress is written and how time passes.
struct ProgressTarget {
  std::ostream& out;
  bool terminal = false;
  int columns = 80;
  std::function<double()> seconds;           // since the start
  std::function<std::string()> time_of_day;  // "12:04:31"

  // Standard error and the real clocks.
  static ProgressTarget standard_error();
};

// kAuto is a bar on a terminal and plain lines otherwise; kNone says nothing. `job` names the job
// in lines and events.
std::unique_ptr<Progress> make_progress(config::ProgressStyle style,
                                        const std::string& job,
                                        ProgressTarget target);

}  // namespace kinema::report
