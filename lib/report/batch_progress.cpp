// Lines above the progress of the output they announce.
#include "report/batch_progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "report/stage_clock.h"

namespace kinema::report {
namespace {

using config::ProgressStyle;

double milli(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

BatchProgress::BatchProgress(ProgressStyle style, ProgressTarget target)
    : style_(style), target_(std::move(target)) {}

std::optional<double> BatchProgress::eta_seconds(const BatchCount& count) const {
  if (ended_ == 0) return std::nullopt;
  const auto left = std::max<int64_t>(count.all - count.begun + 1, 0);
  return seconds_ / static_cast<double>(ended_) *
         std::ceil(static_cast<double>(left) / static_cast<double>(count.at_a_time));
}

void BatchProgress::began(const std::string& id, const BatchCount& count) {
  const auto eta = eta_seconds(count);
  if (style_ == ProgressStyle::kJson) {
    OrderedJson event = {
        {"t", milli(target_.seconds())}, {"event", "job_began"}, {"job", id},
        {"index", count.begun},          {"of", count.all},      {"failed", count.failed}};
    if (eta) event["eta_seconds"] = milli(*eta);
    target_.out << event.dump() << std::endl;
  } else if (style_ != ProgressStyle::kNone) {
    target_.out << fmt::format("{} {} of {}: {}{}{}\n", target_.time_of_day(), count.begun,
                               count.all, id,
                               count.failed > 0 ? fmt::format("  {} failed", count.failed) : "",
                               eta ? "  eta for all " + duration_text(*eta) : "")
                << std::flush;
  }
}

void BatchProgress::ended(const std::string& id, double seconds) {
  seconds_ += seconds;
  ++ended_;
  if (style_ != ProgressStyle::kJson) return;
  const OrderedJson event = {{"t", milli(target_.seconds())},
                             {"event", "job_ended"},
                             {"job", id},
                             {"seconds", milli(seconds)}};
  target_.out << event.dump() << std::endl;
}

void BatchProgress::failed(const std::string& id, const std::string& why) {
  if (style_ != ProgressStyle::kJson) return;
  const OrderedJson event = {
      {"t", milli(target_.seconds())}, {"event", "job_failed"}, {"job", id}, {"error", why}};
  target_.out << event.dump() << std::endl;
}

}  // namespace kinema::report
