// What a run did: the JSON of --metrics and the result on standard output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/json.h"
#include "report/measures.h"

namespace kinema::report {

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

// Attentions as they stand in the metrics, and back.
OrderedJson attention_json(const std::vector<AttentionMeasure>& attention);
std::vector<AttentionMeasure> attention_measures(const Json& json);

// A stream as it stands in the metrics, and back.
OrderedJson stream_json(const StreamMeasure& stream);
StreamMeasure stream_measure(const Json& json);

// Kernels likewise.
OrderedJson kernels_json(const std::vector<KernelMeasure>& kernels);
std::vector<KernelMeasure> kernel_measures(const Json& json);

// A load likewise.
OrderedJson load_json(const LoadMeasure& load);
LoadMeasure load_measure(const Json& json);

// The same of a group's operations.
OrderedJson communication_json(const CommunicationMeasure& time);
CommunicationMeasure communication_measure(const Json& json);

// The metrics file: "schema", "versions", "job", "plan", "seconds", "stages" (rank 0, each with the
// plan's estimate and the ratio of the measured peak to it), "ranks".
OrderedJson metrics_json(const RunReport& report);

// The one object of --json: "output", "seed", "frames", "seconds" (by stage and "total"),
// "peak_bytes" (by rank), "plan".
OrderedJson result_json(const RunReport& report);

}  // namespace kinema::report
