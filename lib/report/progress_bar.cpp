// The bar of a terminal.
#include <algorithm>

#include "base/log.h"
#include "report/progress_styles.h"

namespace kinema::report {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr int kBarColumns = 24;

std::string bar(int64_t done, int64_t steps) {
  const auto filled =
      static_cast<size_t>(kBarColumns * std::min(done, steps) / std::max<int64_t>(steps, 1));
  return "[" + std::string(filled, '#') + std::string(kBarColumns - filled, '.') + "]";
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
  std::string line = clock_.text();
  if (clock_.steps() > 0) line = bar(clock_.done(), clock_.steps()) + " " + line;
  // One column is left free: a full line would wrap on some terminals.
  line.resize(std::min(line.size(), static_cast<size_t>(std::max(target_.columns - 1, 1))));
  target_.out << "\r\x1b[K" << line << std::flush;
  drawn_ = target_.seconds();
  visible_ = true;
}

void BarProgress::erase() {
  if (visible_) target_.out << "\r\x1b[K" << std::flush;
  visible_ = false;
}

}  // namespace kinema::report
