// Lines for logs.
#include "base/log.h"
#include "report/progress_styles.h"

namespace kinema::report {
namespace {

constexpr double kQuietSeconds = 10;

}  // namespace

PlainProgress::PlainProgress(std::string job, ProgressTarget target)
    : job_(std::move(job)), target_(std::move(target)) {}

void PlainProgress::line(const std::string& text) {
  target_.out << fmt::format("{} {} {}\n", target_.time_of_day(), job_, text) << std::flush;
  written_ = target_.seconds();
}

void PlainProgress::stage_began(const std::string& stage, int64_t steps) {
  clock_ = StageClock(stage, steps, target_.seconds());
  written_ = target_.seconds();
}

void PlainProgress::step_ended(int64_t done, int64_t steps) {
  clock_.step_ended(done, target_.seconds());
  if (done < steps && target_.seconds() - written_ >= kQuietSeconds) line(clock_.text());
}

void PlainProgress::stage_ended(const StageEnd& end) {
  std::string text = fmt::format("{} done in {}", clock_.stage(), duration_text(end.seconds));
  if (const auto step = clock_.step_seconds())
    text += fmt::format("  {}/step", duration_text(*step));
  const uint64_t peak = end.peak_device_bytes > 0 ? end.peak_device_bytes : end.peak_host_bytes;
  if (peak > 0) text += fmt::format("  peak {:.2f} GB", static_cast<double>(peak) * 1e-9);
  line(text);
}

}  // namespace kinema::report
