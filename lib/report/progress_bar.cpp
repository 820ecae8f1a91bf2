// The bar of a terminal.
#include <algorithm>

#include "base/log.h"
#include "report/progress_styles.h"

namespace kinema::report {
namespace {

constexpr double kRedrawSeconds = 0.1;
// Between its brackets; a shorter one than the least shows nothing.
constexpr size_t kMostColumns = 24, kLeastColumns = 6;
// Around them: the brackets and the blank behind.
constexpr size_t kFrame = 3;

std::string bar(const StageClock& clock, size_t columns) {
  const auto done = static_cast<size_t>(std::clamp<int64_t>(clock.done(), 0, clock.steps()));
  const auto filled = columns * done / static_cast<size_t>(clock.steps());
  return "[" + std::string(filled, '#') + std::string(columns - filled, '.') + "] ";
}

}  // namespace

BarProgress::BarProgress(ProgressTarget target) : target_(std::move(target)) {}

BarProgress::~BarProgress() { erase(); }

void BarProgress::stage_began(const std::string& stage, int64_t steps) {
  clock_ = StageClock(stage, steps, target_.seconds());
  draw();
}

void BarProgress::step_ended(int64_t done, int64_t steps) {
  clock_.step_ended(done, target_.seconds());
  if (done == steps || target_.seconds() - drawn_ >= kRedrawSeconds) draw();
}

void BarProgress::stage_ended(const StageEnd& end) {
  erase();
  target_.out << fmt::format("{:<14} {:>10}\n", clock_.stage(), duration_text(end.seconds))
              << std::flush;
}

void BarProgress::draw() {
  // One column is left free: a full line would wrap on some terminals.
  const auto room = static_cast<size_t>(std::max(target_.columns - 1, 1));
  std::string line = clock_.text(room);
  if (clock_.steps() > 0 && line.size() + kFrame + kLeastColumns <= room)
    line.insert(0, bar(clock_, std::min(kMostColumns, room - line.size() - kFrame)));
  target_.out << "\r\x1b[K" << line << std::flush;
  drawn_ = target_.seconds();
  visible_ = true;
}

void BarProgress::erase() {
  if (visible_) target_.out << "\r\x1b[K" << std::flush;
  visible_ = false;
}

}  // namespace kinema::report
