// Complete events ("X") in microseconds, and names for processes and threads ("M").
#include "report/trace.h"

#include <algorithm>

#include "report/run_report.h"

namespace kinema::report {
namespace {

// Rows in this order from the top; any other track follows.
const std::vector<std::string>& first_tracks() {
  static const std::vector<std::string> tracks = {"stages", "steps", "compute",
                                                  "wait",   "fetch", "communication"};
  return tracks;
}

int64_t microseconds(double seconds) { return static_cast<int64_t>(seconds * 1e6 + 0.5); }

// The events of one rank.
class RankEvents {
 public:
  RankEvents(int64_t rank, OrderedJson& events) : rank_(rank), events_(events) {
    name("process_name", 0, "rank " + std::to_string(rank));
  }

  void add(const TraceSpan& span) {
    OrderedJson event = {{"name", span.name},
                         {"cat", span.track},
                         {"ph", "X"},
                         {"ts", microseconds(span.begin)},
                         {"dur", microseconds(span.end) - microseconds(span.begin)},
                         {"pid", rank_},
                         {"tid", thread(span.track)}};
    if (span.bytes > 0) event["args"] = {{"bytes", span.bytes}};
    events_.push_back(std::move(event));
  }

 private:
  int64_t thread(const std::string& track) {
    auto found = std::find(tracks_.begin(), tracks_.end(), track);
    if (found == tracks_.end()) found = tracks_.insert(tracks_.end(), track);
    const int64_t number = found - tracks_.begin();
    if (static_cast<size_t>(number) >= named_.size()) named_.resize(tracks_.size());
    if (!named_[static_cast<size_t>(number)]) name("thread_name", number, track);
    named_[static_cast<size_t>(number)] = true;
    return number;
  }

  void name(const char* what, int64_t thread, const std::string& text) {
    events_.push_back(
        {{"name", what}, {"ph", "M"}, {"pid", rank_}, {"tid", thread}, {"args", {{"name", text}}}});
  }

  int64_t rank_;
  OrderedJson& events_;
  std::vector<std::string> tracks_ = first_tracks();
  std::vector<bool> named_;
};

}  // namespace

OrderedJson trace_json(const RunReport& report) {
  OrderedJson events = OrderedJson::array();
  for (const auto& rank : report.ranks) {
    RankEvents own(rank.rank, events);
    for (const auto& stage : rank.stages) {
      for (const auto& span : stage.spans) own.add(span);
    }
  }
  return {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
}

}  // namespace kinema::report
