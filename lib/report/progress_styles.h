// The three ways of showing progress.
#pragma once

#include <string>

#include "report/progress.h"
#include "report/stage_clock.h"

namespace kinema::report {

// One line that is drawn over, and one that stays for each finished stage.
class BarProgress : public Progress {
 public:
  explicit BarProgress(ProgressTarget target);
  ~BarProgress() override;
  void stage_began(const std::string& stage, int64_t steps) override;
  void step_ended(int64_t done, int64_t steps) override;
  void stage_ended(const StageEnd& end) override;

 private:
  void draw();
  void erase();

  ProgressTarget target_;
  StageClock clock_;
  double drawn_ = 0;
  bool visible_ = false;
};

// A line for each finished stage and one every ten seconds; nothing moves the cursor.
class PlainProgress : public Progress {
 public:
  PlainProgress(std::string job, ProgressTarget target);
  void stage_began(const std::string& stage, int64_t steps) override;
  void step_ended(int64_t done, int64_t steps) override;
  void stage_ended(const StageEnd& end) override;

 private:
  void line(const std::string& text);

  std::string job_;
  ProgressTarget target_;
  StageClock clock_;
  double written_ = 0;
};

// One JSON object a line: the start of a stage, each step, the end of a stage.
class JsonProgress : public Progress {
 public:
  JsonProgress(std::string job, ProgressTarget target);
  void stage_began(const std::string& stage, int64_t steps) override;
  void step_ended(int64_t done, int64_t steps) override;
  void stage_ended(const StageEnd& end) override;

 private:
  std::string job_;
  ProgressTarget target_;
  StageClock clock_;
};

}  // namespace kinema::report
