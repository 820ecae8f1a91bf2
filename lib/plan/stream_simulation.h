// Streamed blocks as they would go by on a device whose latencies a table gives: the schedule of
// the streamer without a device.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "plan/residency.h"

namespace kinema::plan {

// Seconds of a clock that begins with the first fetch.
struct Span {
  double begin = 0, end = 0;
  double length() const { return end - begin; }
};

// Latencies by table: of the n-th fetch, and of the n-th block that computes; both from 0, counted
// through all passes.
struct StreamLatencies {
  std::function<double(int64_t)> fetch, compute;
  // Every fetch and every block alike.
  static StreamLatencies constant(const StreamTimes& times);
};

struct StreamSchedule {
  std::vector<Span> fetches;  // in their order
  std::vector<Span> blocks;   // of all passes, one after the other
  double exposed = 0;         // in which computing waited

  double fetching() const;
  double seconds() const { return blocks.empty() ? 0 : blocks.back().end; }
  // The part of the fetches that computing hid; 1 without fetches.
  double overlap() const;
};

// One fetch at a time, in the order of use round the ring and over all passes; into a slot as soon
// as the block that used it before has been left. `resident` blocks are there from the start.
StreamSchedule simulate(const StreamShape& shape,
                        const std::vector<int64_t>& resident,
                        int64_t passes,
                        const StreamLatencies& latencies);

// Seconds of a pass in which computing waits, once the ring has gone round; `resident` blocks stay,
// spread evenly.
double waiting_seconds(const StreamShape& shape, int64_t resident, const StreamTimes& times);

}  // namespace kinema::plan
