// What a process did when: spans that viewers of Chrome traces show as bars, one row a track.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace kinema::report {

struct RunReport;

struct TraceSpan {
  std::string track;          // "compute", "fetch", "wait", "communication"
  std::string name;           // "transformer block 3", "ulysses/0 all_to_all"
  double begin = 0, end = 0;  // seconds since the ranks began together
  uint64_t bytes = 0;         // that were sent or fetched; 0: it is not about bytes
};

// All ranks' stages, steps and spans as {"traceEvents": [...]}: a process for each rank, a thread
// for each track.
OrderedJson trace_json(const RunReport& report);

}  // namespace kinema::report
