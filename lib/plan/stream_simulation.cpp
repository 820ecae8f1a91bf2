// A fetch depends on blocks that have been left before, never on later ones: one walk is enough.
#include "plan/stream_simulation.h"

#include <algorithm>

namespace kinema::plan {

StreamLatencies StreamLatencies::constant(const StreamTimes& times) {
  return {[times](int64_t) { return times.fetch; }, [times](int64_t) { return times.compute; }};
}

double StreamSchedule::fetching() const {
  double sum = 0;
  for (const auto& fetch : fetches) sum += fetch.length();
  return sum;
}

double StreamSchedule::overlap() const {
  const double all = fetching();
  return all > 0 ? 1 - exposed / all : 1;
}

StreamSchedule simulate(const StreamShape& shape,
                        const std::vector<int64_t>& resident,
                        int64_t passes,
                        const StreamLatencies& latencies) {
  // More slots than blocks that come are never made.
  const int64_t slots = std::min(shape.slots, shape.blocks - static_cast<int64_t>(resident.size()));
  StreamSchedule schedule;
  std::vector<double> left;  // when streamed block number n let its slot go
  double now = 0;
  const auto fetched = [&] {
    const auto n = static_cast<int64_t>(schedule.fetches.size());
    double begin = schedule.fetches.empty() ? 0 : schedule.fetches.back().end;
    if (n >= slots) begin = std::max(begin, left[static_cast<size_t>(n - slots)]);
    schedule.fetches.push_back({begin, begin + latencies.fetch(n)});
    return schedule.fetches.back().end;
  };
  for (int64_t visit = 0; visit < passes * shape.blocks; ++visit) {
    const bool stays = std::binary_search(resident.begin(), resident.end(), visit % shape.blocks);
    if (!stays) {
      const double there = fetched();
      schedule.exposed += std::max(0.0, there - now);
      now = std::max(now, there);
    }
    schedule.blocks.push_back({now, now + latencies.compute(visit)});
    now = schedule.blocks.back().end;
    if (!stays) left.push_back(now);
  }
  return schedule;
}

double waiting_seconds(const StreamShape& shape, int64_t resident, const StreamTimes& times) {
  constexpr int64_t kPasses = 3;
  const auto stay = resident_blocks(shape.blocks, resident);
  const auto latencies = StreamLatencies::constant(times);
  return simulate(shape, stay, kPasses + 1, latencies).exposed -
         simulate(shape, stay, kPasses, latencies).exposed;
}

}  // namespace kinema::plan
