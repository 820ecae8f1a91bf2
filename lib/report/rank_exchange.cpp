// JSON, as nothing here is large.
#include "report/rank_exchange.h"

namespace kinema::report {

namespace {

Json packed(const std::vector<TraceSpan>& spans) {
  Json rows = Json::array();
  for (const auto& span : spans)
    rows.push_back({span.track, span.name, span.begin, span.end, span.bytes});
  return rows;
}

std::vector<TraceSpan> unpacked_spans(const Json& rows) {
  std::vector<TraceSpan> spans;
  for (const auto& row : rows)
    spans.push_back({row.at(0), row.at(1), row.at(2), row.at(3), row.at(4)});
  return spans;
}

}  // namespace

std::string packed(const RankReport& report) {
  Json stages = Json::array();
  for (const auto& stage : report.stages) {
    Json streams = Json::object();
    for (const auto& [component, stream] : stage.streams) streams[component] = stream_json(stream);
    Json communication = Json::object();
    for (const auto& [group, time] : stage.communication)
      communication[group] = communication_json(time);
    Json loads = Json::object();
    for (const auto& [component, load] : stage.loads) loads[component] = load_json(load);
    stages.push_back({stage.stage, stage.seconds, stage.step_seconds, stage.peak_host_bytes,
                      stage.peak_allocated_bytes, stage.peak_reserved_bytes,
                      stage.peak_device_bytes, stage.bytes_read, stage.bytes_sent,
                      stage.step_bytes_sent, streams, packed(stage.spans), loads,
                      attention_json(stage.attention), kernels_json(stage.kernels), communication});
  }
  return Json{{"rank", report.rank}, {"stages", stages}, {"bytes_sent", report.bytes_sent}}.dump();
}

RankReport unpacked(const std::string& text) {
  const auto json = Json::parse(text);
  RankReport report;
  json.at("rank").get_to(report.rank);
  json.at("bytes_sent").get_to(report.bytes_sent);
  for (const auto& row : json.at("stages")) {
    StageMeasure stage;
    row.at(0).get_to(stage.stage);
    row.at(1).get_to(stage.seconds);
    row.at(2).get_to(stage.step_seconds);
    row.at(3).get_to(stage.peak_host_bytes);
    row.at(4).get_to(stage.peak_allocated_bytes);
    row.at(5).get_to(stage.peak_reserved_bytes);
    row.at(6).get_to(stage.peak_device_bytes);
    row.at(7).get_to(stage.bytes_read);
    row.at(8).get_to(stage.bytes_sent);
    row.at(9).get_to(stage.step_bytes_sent);
    for (const auto& [component, stream] : row.at(10).items())
      stage.streams[component] = stream_measure(stream);
    stage.spans = unpacked_spans(row.at(11));
    for (const auto& [component, load] : row.at(12).items())
      stage.loads[component] = load_measure(load);
    stage.attention = attention_measures(row.at(13));
    stage.kernels = kernel_measures(row.at(14));
    for (const auto& [group, time] : row.at(15).items())
      stage.communication[group] = communication_measure(time);
    report.stages.push_back(std::move(stage));
  }
  return report;
}

}  // namespace kinema::report
