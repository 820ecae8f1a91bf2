// Events for programs.
#include <cmath>

#include "base/json.h"
#include "report/progress_styles.h"

namespace kinema::report {
namespace {

double milli(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

JsonProgress::JsonProgress(std::string job, ProgressTarget target)
    : job_(std::move(job)), target_(std::move(target)) {}

void JsonProgress::stage_began(const std::string& stage, int64_t steps) {
  clock_ = StageClock(stage, steps, target_.seconds());
  OrderedJson event = {{"t", milli(target_.seconds())}, {"job", job_}, {"stage", stage}};
  if (steps > 0) event.update({{"step", 0}, {"of", steps}});
  target_.out << event.dump() << std::endl;
}

void JsonProgress::step_ended(int64_t done, int64_t steps) {
  clock_.step_ended(done, target_.seconds());
  OrderedJson event = {{"t", milli(target_.seconds())},
                       {"job", job_},
                       {"stage", clock_.stage()},
                       {"step", done},
                       {"of", steps}};
  if (const auto step = clock_.step_seconds()) event["step_seconds"] = milli(*step);
  if (const auto eta = clock_.eta_seconds()) event["eta_seconds"] = milli(*eta);
  target_.out << event.dump() << std::endl;
}

void JsonProgress::stage_ended(const StageEnd& end) {
  OrderedJson event = {{"t", milli(target_.seconds())},
                       {"job", job_},
                       {"stage", clock_.stage()},
                       {"seconds", milli(end.seconds)}};
  if (end.peak_host_bytes > 0) event["peak_host_bytes"] = end.peak_host_bytes;
  if (end.peak_device_bytes > 0) event["peak_device_bytes"] = end.peak_device_bytes;
  target_.out << event.dump() << std::endl;
}

}  // namespace kinema::report
