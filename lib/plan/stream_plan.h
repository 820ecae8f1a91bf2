// What is decided and expected of blocks that come and go.
#pragma once

#include <cstdint>
#include <string>

#include "plan/residency.h"

namespace kinema::plan {

struct StreamPlan {
  StreamShape shape;           // of one rank's slice of the blocks
  int64_t resident = 0;        // blocks that stay whole
  std::string home;            // of the others: "shards of 2 ranks", "host memory", "the files"
  uint64_t host_bytes = 0;     // of host memory that they take there, of one rank
  StreamTimes times;           // of one block: all its forwards in a step, and its fetch
  StreamTimes least;           // the same in steps without guidance, which hide least
  double exposed_seconds = 0;  // of a step on average, in which computing waits

  int64_t units() const { return shape.blocks - resident; }
  // Slots, whole blocks and parts.
  uint64_t device_bytes() const { return stream_bytes(shape, resident); }
};

struct Job;
struct Surroundings;

// As the job's layout, residency and slots say; nothing is chosen here. The job has its rates.
StreamPlan planned_stream(const Job& job, const Surroundings& around);

}  // namespace kinema::plan
