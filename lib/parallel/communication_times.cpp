// What is waited for at once has no time to be hidden in.
#include "parallel/communication_times.h"

#include <chrono>
#include <utility>

namespace kinema::parallel {
namespace {

// Operations that are kept one by one.
constexpr size_t kMany = 256;

}  // namespace

void CommunicationTimes::note(const std::string& group,
                              const comm::Operation& operation,
                              comm::Moment moment) {
  const std::pair key(group, operation.sequence);
  const auto now = clock_.mark();
  switch (moment) {
    case comm::Moment::kStarts:
      running_[key] = {group, operation, now, now, now};
      return;
    case comm::Moment::kWaits:
      running_.try_emplace(key, Span{group, operation, now, now, now}).first->second.wait = now;
      return;
    case comm::Moment::kGoesOn:
      auto span = running_.extract(key);
      if (span.empty()) return;
      span.mapped().end = now;
      ended_.push_back(std::move(span.mapped()));
      // A device is a step behind at most, so that few are left.
      if (ended_.size() >= kMany) fold();
  }
}

void CommunicationTimes::fold() {
  const auto seconds = [](Time begin, Time end) {
    return std::chrono::duration<double>(end - begin).count();
  };
  for (; !ended_.empty() && clock_.passed(ended_.front().end); ended_.pop_front()) {
    const auto& span = ended_.front();
    auto& time = sums_[span.group];
    const auto [start, ended] = clock_.interval(span.start, span.end);
    const auto [wait, went_on] = clock_.interval(span.wait, span.end);
    ++time.operations;
    time.seconds += seconds(start, ended);
    time.exposed_seconds += seconds(wait, went_on);
    if (told_) told_(span.group, span.operation, wait, went_on);
  }
}

std::map<std::string, CommunicationTime> CommunicationTimes::take() {
  fold();
  return std::exchange(sums_, {});
}

}  // namespace kinema::parallel
