// A short memory, so that a first slow step does not spoil the estimate for long.
#include "report/stage_clock.h"

#include <cmath>
#include <utility>

#include "base/log.h"

namespace kinema::report {
namespace {

constexpr size_t kRememberedSteps = 8;

}  // namespace

StageClock::StageClock(std::string stage, int64_t steps, double now)
    : stage_(std::move(stage)), steps_(steps) {
  marks_.push_back({0, now});
}

void StageClock::step_ended(int64_t done, double now) {
  done_ = done;
  marks_.push_back({done, now});
  if (marks_.size() > kRememberedSteps + 1) marks_.pop_front();
}

std::optional<double> StageClock::step_seconds() const {
  if (marks_.size() < 2 || marks_.back().done == marks_.front().done) return std::nullopt;
  return (marks_.back().time - marks_.front().time) /
         static_cast<double>(marks_.back().done - marks_.front().done);
}

std::optional<double> StageClock::eta_seconds() const {
  const auto step = step_seconds();
  if (!step || steps_ == 0) return std::nullopt;
  return *step * static_cast<double>(steps_ - done_);
}

std::string StageClock::text(size_t room) const {
  if (steps_ == 0) return stage_.substr(0, room);
  const auto counts = fmt::format("{}/{}", done_, steps_), counted = stage_ + " " + counts;
  const auto step = step_seconds(), eta = eta_seconds();
  const auto rate = step ? fmt::format("  {}/step", duration_text(*step)) : "";
  const auto left = eta && done_ < steps_ ? fmt::format("  eta {}", duration_text(*eta)) : "";
  for (const auto& form : {counted + rate + left, counted + left, counted})
    if (form.size() <= room) return form;
  if (counts.size() + 1 >= room) return counts.substr(0, room);
  return stage_.substr(0, room - counts.size() - 1) + " " + counts;
}

std::string duration_text(double seconds) {
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace kinema::report
