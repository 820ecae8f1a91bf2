// Seconds a step and time left, from when steps ended.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace kinema::report {

// One stage as it goes by; times are seconds on one clock.
class StageClock {
 public:
  StageClock() = default;
  StageClock(std::string stage, int64_t steps, double now);

  void step_ended(int64_t done, double now);

  const std::string& stage() const { return stage_; }
  int64_t done() const { return done_; }
  int64_t steps() const { return steps_; }
  // Mean of the latest steps; nothing before the first.
  std::optional<double> step_seconds() const;
  // Until the stage's last step.
  std::optional<double> eta_seconds() const;

  // "denoise 12/50  1.27 s/step  eta 48 s", or what `room` columns hold of it: the counts first,
  // then the time left, then a step's.
  std::string text(size_t room = std::string::npos) const;

 private:
  std::string stage_;
  int64_t steps_ = 0, done_ = 0;
  struct Mark {
    int64_t done;
    double time;
  };
  std::deque<Mark> marks_;  // the latest, the first one being the start of the first step counted
};

// "1.27 s", "48 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(double seconds);

}  // namespace kinema::report
