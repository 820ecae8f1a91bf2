// Assembles the objects; writing them is for the caller.
#include "report/run_report.h"

#include <algorithm>

namespace kinema::report {
namespace {

// The device's own figure where there is one: that is what a plan is about.
uint64_t peak(const StageMeasure& stage) {
  return stage.peak_reserved_bytes > 0 ? stage.peak_reserved_bytes : stage.peak_host_bytes;
}

uint64_t peak(const RankReport& rank) {
  uint64_t most = 0;
  for (const auto& stage : rank.stages) most = std::max(most, peak(stage));
  return most;
}

OrderedJson measured(const StageMeasure& stage) {
  OrderedJson json = {{"seconds", stage.seconds}, {"peak_host_bytes", stage.peak_host_bytes}};
  if (!stage.step_seconds.empty()) json["step_seconds"] = stage.step_seconds;
  if (stage.peak_reserved_bytes > 0 || stage.peak_device_bytes > 0) {
    json["peak_allocated_bytes"] = stage.peak_allocated_bytes;
    json["peak_reserved_bytes"] = stage.peak_reserved_bytes;
    json["peak_device_bytes"] = stage.peak_device_bytes;
  }
  json["bytes_read"] = stage.bytes_read;
  for (const auto& [group, time] : stage.communication) {
    json["communication"][group] = communication_json(time);
    json["communication"][group]["overlap"] = time.overlap();
  }
  for (const auto& [component, stream] : stage.streams) {
    json["streams"][component] = stream_json(stream);
    json["streams"][component]["overlap"] = stream.overlap();
  }
  for (const auto& [component, load] : stage.loads) json["loads"][component] = load_json(load);
  if (!stage.kernels.empty()) json["kernels"] = kernels_json(stage.kernels);
  if (!stage.attention.empty()) json["attention"] = attention_json(stage.attention);
  if (!stage.bytes_sent.empty()) json["bytes_sent"] = stage.bytes_sent;
  if (!stage.step_bytes_sent.empty()) json["step_bytes_sent"] = stage.step_bytes_sent;
  return json;
}

void add_estimate(const Json& planned, const StageMeasure& stage, OrderedJson& json) {
  const auto estimate = planned.value("stages", Json::object()).value(stage.stage, Json());
  if (!estimate.is_object()) return;
  json["planned"] = estimate;
  const auto bytes = estimate.value("peak_bytes", uint64_t{0});
  if (bytes > 0)
    json["measured_to_planned"] = static_cast<double>(peak(stage)) / static_cast<double>(bytes);
}

// What was expected of the denoiser's stream, beside what came.
void add_stream_plan(const Json& planned, OrderedJson& stage) {
  const auto stream = planned.value("predicted", Json::object()).value("stream", Json());
  if (!stream.is_object() || !stage.contains("streams")) return;
  auto& streams = stage["streams"];
  if (streams.contains("transformer")) streams["transformer"]["planned"] = stream;
}

OrderedJson stages_json(const RankReport& rank, const Json& planned) {
  OrderedJson stages = OrderedJson::object();
  for (const auto& stage : rank.stages) {
    auto json = measured(stage);
    add_estimate(planned, stage, json);
    add_stream_plan(planned, json);
    stages[stage.stage] = json;
  }
  return stages;
}

OrderedJson rank_json(const RankReport& rank, const Json& planned) {
  return {
      {"rank", rank.rank}, {"stages", stages_json(rank, planned)}, {"bytes_sent", rank.bytes_sent}};
}

}  // namespace

OrderedJson attention_json(const std::vector<AttentionMeasure>& attention) {
  OrderedJson all = OrderedJson::array();
  for (const auto& one : attention) {
    all.push_back({{"kernel", one.kernel},
                   {"type", one.type},
                   {"queries", one.queries},
                   {"keys", one.keys},
                   {"heads", one.heads},
                   {"head_dim", one.head_dim},
                   {"biased", one.biased},
                   {"calls", one.calls}});
  }
  return all;
}

std::vector<AttentionMeasure> attention_measures(const Json& json) {
  std::vector<AttentionMeasure> all;
  for (const auto& one : json) {
    all.push_back({one.at("kernel"), one.at("type"), one.at("queries"), one.at("keys"),
                   one.at("heads"), one.at("head_dim"), one.at("biased"), one.at("calls")});
  }
  return all;
}

OrderedJson stream_json(const StreamMeasure& stream) {
  return {{"home", stream.home},
          {"units", stream.units},
          {"resident_blocks", stream.resident_blocks},
          {"slots", stream.slots},
          {"passes", stream.passes},
          {"fetches", stream.fetches},
          {"largest_unit_bytes", stream.largest_unit_bytes},
          {"fetched_bytes", stream.fetched_bytes},
          {"sent_bytes", stream.sent_bytes},
          {"home_bytes", stream.home_bytes},
          {"read_bytes", stream.read_bytes},
          {"resident_bytes", stream.resident_bytes},
          {"fetching_seconds", stream.fetching_seconds},
          {"exposed_seconds", stream.exposed_seconds},
          {"blocks", stream.blocks},
          {"block_compute_seconds", stream.block_compute_seconds},
          {"block_fetch_seconds", stream.block_fetch_seconds},
          {"block_exposed_seconds", stream.block_exposed_seconds}};
}

OrderedJson communication_json(const CommunicationMeasure& time) {
  return {{"operations", time.operations},
          {"seconds", time.seconds},
          {"exposed_seconds", time.exposed_seconds}};
}

CommunicationMeasure communication_measure(const Json& json) {
  return {json.at("operations"), json.at("seconds"), json.at("exposed_seconds")};
}

void CommunicationMeasure::add(const CommunicationMeasure& more) {
  operations += more.operations;
  seconds += more.seconds;
  exposed_seconds += more.exposed_seconds;
}

double CommunicationMeasure::overlap() const {
  return seconds > 0 ? 1 - exposed_seconds / seconds : 0;
}

double StreamMeasure::overlap() const {
  return fetching_seconds > 0 ? std::max(0.0, 1 - exposed_seconds / fetching_seconds) : 1;
}

StreamMeasure stream_measure(const Json& json) {
  StreamMeasure stream;
  json.at("home").get_to(stream.home);
  json.at("units").get_to(stream.units);
  json.at("resident_blocks").get_to(stream.resident_blocks);
  json.at("slots").get_to(stream.slots);
  json.at("passes").get_to(stream.passes);
  json.at("fetches").get_to(stream.fetches);
  json.at("largest_unit_bytes").get_to(stream.largest_unit_bytes);
  json.at("fetched_bytes").get_to(stream.fetched_bytes);
  json.at("sent_bytes").get_to(stream.sent_bytes);
  json.at("home_bytes").get_to(stream.home_bytes);
  json.at("read_bytes").get_to(stream.read_bytes);
  json.at("resident_bytes").get_to(stream.resident_bytes);
  json.at("fetching_seconds").get_to(stream.fetching_seconds);
  json.at("exposed_seconds").get_to(stream.exposed_seconds);
  json.at("blocks").get_to(stream.blocks);
  json.at("block_compute_seconds").get_to(stream.block_compute_seconds);
  json.at("block_fetch_seconds").get_to(stream.block_fetch_seconds);
  json.at("block_exposed_seconds").get_to(stream.block_exposed_seconds);
  return stream;
}

OrderedJson kernels_json(const std::vector<KernelMeasure>& kernels) {
  OrderedJson json = OrderedJson::array();
  for (const auto& one : kernels)
    json.push_back({{"name", one.name}, {"calls", one.calls}, {"seconds", one.seconds}});
  return json;
}

std::vector<KernelMeasure> kernel_measures(const Json& json) {
  std::vector<KernelMeasure> kernels;
  for (const auto& one : json)
    kernels.push_back({one.at("name"), one.at("calls"), one.at("seconds")});
  return kernels;
}

OrderedJson load_json(const LoadMeasure& load) {
  return {{"bytes", load.bytes},
          {"exposed_seconds", load.exposed_seconds},
          {"beside_seconds", load.beside_seconds},
          {"ahead_bytes", load.ahead_bytes},
          {"cached_bytes", load.cached_bytes},
          {"ahead_seconds", load.ahead_seconds}};
}

LoadMeasure load_measure(const Json& json) {
  LoadMeasure load;
  json.at("bytes").get_to(load.bytes);
  json.at("exposed_seconds").get_to(load.exposed_seconds);
  json.at("beside_seconds").get_to(load.beside_seconds);
  json.at("ahead_bytes").get_to(load.ahead_bytes);
  json.at("cached_bytes").get_to(load.cached_bytes);
  json.at("ahead_seconds").get_to(load.ahead_seconds);
  return load;
}

OrderedJson metrics_json(const RunReport& report) {
  OrderedJson json;
  json["schema"] = 1;
  json["versions"] = report.versions;
  json["machine"] = report.machine;
  for (const char* key : {"model", "job", "sources", "latent", "tokens", "plan", "predicted"}) {
    if (report.planned.contains(key)) json[key] = report.planned[key];
  }
  json["seed"] = report.seed;
  json["output"] = report.output.string();
  json["frames"] = report.frames;
  json["seconds"] = report.seconds;
  json["stages"] = report.ranks.empty() ? OrderedJson::object()
                                        : stages_json(report.ranks.front(), report.planned);
  json["ranks"] = OrderedJson::array();
  for (const auto& rank : report.ranks) json["ranks"].push_back(rank_json(rank, report.planned));
  return json;
}

OrderedJson result_json(const RunReport& report) {
  OrderedJson seconds = OrderedJson::object();
  if (!report.ranks.empty()) {
    for (const auto& stage : report.ranks.front().stages) seconds[stage.stage] = stage.seconds;
  }
  seconds["total"] = report.seconds;
  OrderedJson peaks = OrderedJson::array();
  for (const auto& rank : report.ranks) peaks.push_back(peak(rank));
  return {{"output", report.output.string()},
          {"seed", report.seed},
          {"frames", report.frames},
          {"seconds", seconds},
          {"peak_bytes", peaks},
          {"plan", report.planned.value("plan", Json::object())}};
}

}  // namespace kinema::report
