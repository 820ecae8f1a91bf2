// Progress of one output: shown on the first rank, and told to the watch of every process.
#pragma once

#include <memory>
#include <string>

#include "report/progress.h"
#include "watch.h"

namespace kinema::engine {

class RankProgress : public report::Progress {
 public:
  // `shown`: nothing where another rank shows it.
  RankProgress(std::unique_ptr<report::Progress> shown, RankWatch& watch);

  void stage_began(const std::string& stage, int64_t steps) override;
  void step_ended(int64_t done, int64_t steps) override;
  void stage_ended(const report::StageEnd& end) override;

 private:
  std::unique_ptr<report::Progress> shown_;
  RankWatch& watch_;
  std::string stage_;
};

}  // namespace kinema::engine
