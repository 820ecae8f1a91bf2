// A phase of the watch is a stage, or one of its steps.
#include "rank_progress.h"

#include <algorithm>
#include <utility>

namespace kinema::engine {
namespace {

// "encode_text" as it is said.
std::string words(std::string stage) {
  std::replace(stage.begin(), stage.end(), '_', ' ');
  return stage;
}

}  // namespace

RankProgress::RankProgress(std::unique_ptr<report::Progress> shown, RankWatch& watch)
    : shown_(std::move(shown)), watch_(watch) {}

void RankProgress::stage_began(const std::string& stage, int64_t steps) {
  if (shown_) shown_->stage_began(stage, steps);
  stage_ = words(stage);
  watch_.enter(steps > 0 ? stage_ + " step 1" : stage_);
}

void RankProgress::step_ended(int64_t done, int64_t steps) {
  if (shown_) shown_->step_ended(done, steps);
  if (done < steps) watch_.enter(stage_ + " step " + std::to_string(done + 1));
}

void RankProgress::stage_ended(const report::StageEnd& end) {
  if (shown_) shown_->stage_ended(end);
}

}  // namespace kinema::engine
