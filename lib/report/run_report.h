// What a run did: the JSON of --metrics and the result on standard output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace kinema::report {

// One stage as measured by one rank. Bytes are 0 where they mean nothing (device memory on the
// CPU).
struct StageMeasure {
  std::string stage;  // "load", "encode_text", "encode_image", "denoise", "decode", "write"
  double seconds = 0;
  std::vector<double> step_seconds;
  uint64_t peak_host_bytes = 0;       // resident set, the highest during the stage
  uint64_t peak_allocated_bytes = 0;  // device: tensors
  uint64_t peak_reserved_bytes = 0;   // device: what the allocator holds
  uint64_t peak_device_bytes = 0;     // device: all processes, everything
  uint64_t bytes_read = 0;            // of the checkpoint
};

// What one rank measured.
struct RankReport {
  int64_t rank = 0;
  std::vector<StageMeasure> stages;
  std::map<std::string, uint64_t> bytes_sent;  // by group
};

struct RunReport {
  Json planned;  // plan::plan_json of the job: settings, layout, estimates
  OrderedJson versions;
  OrderedJson machine;  // device names and whatever else a figure needs to be understood
  uint64_t seed = 0;
  int64_t frames = 0;
  double seconds = 0;  // from the start of the process
  std::filesystem::path output;
  std::vector<RankReport> ranks;
};

// The metrics file: "schema", "versions", "job", "plan", "seconds", "stages" (rank 0, each with the
// plan's estimate and the ratio of the measured peak to it), "ranks".
OrderedJson metrics_json(const RunReport& report);

// The one object of --json: "output", "seed", "frames", "seconds" (by stage and "total"),
// "peak_bytes" (by rank), "plan".
OrderedJson result_json(const RunReport& report);

}  // namespace kinema::report
