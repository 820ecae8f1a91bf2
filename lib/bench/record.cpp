// The file's form, and what is read off its runs.
#include "bench/record.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace kinema::bench {
namespace {

constexpr std::array<const char*, 5> kStates = {"done", "refused", "failed", "excluded", "not run"};
constexpr std::array<const char*, 7> kDescriptions = {"versions", "machine", "model", "job",
                                                      "plan",     "latent",  "tokens"};

template <class SomeCell>
auto description(SomeCell& cell, size_t i) {
  const std::array all = {&cell.versions, &cell.machine, &cell.model, &cell.job,
                          &cell.plan,     &cell.latent,  &cell.tokens};
  return all.at(i);
}

OrderedJson run_json(const Run& run) {
  auto stages = OrderedJson::object();
  for (const auto& [name, seconds] : run.stages) stages[name] = seconds;
  return {{"seconds", run.seconds},
          {"stages", stages},
          {"step_seconds", run.step_seconds},
          {"peak_bytes", run.peak_bytes}};
}

Run run_of_json(const OrderedJson& json) {
  Run run;
  json.at("seconds").get_to(run.seconds);
  for (const auto& [name, seconds] : json.at("stages").items())
    run.stages.emplace_back(name, seconds.get<double>());
  json.at("step_seconds").get_to(run.step_seconds);
  json.at("peak_bytes").get_to(run.peak_bytes);
  return run;
}

// Of one rank's stages in a metrics file.
uint64_t peak_of(const OrderedJson& stages) {
  uint64_t most = 0;
  for (const auto& [name, stage] : stages.items()) {
    const auto host = stage.value("peak_host_bytes", uint64_t{0});
    const auto device = stage.value("peak_reserved_bytes", uint64_t{0});
    most = std::max(most, device > 0 ? device : host);
  }
  return most;
}

OrderedJson summary(const Cell& cell) {
  auto stages = OrderedJson::object();
  for (const auto& name : cell.stage_names()) stages[name] = spread_json(cell.stage(name));
  return {{"seconds", spread_json(cell.seconds())},
          {"stages", stages},
          {"step_seconds", spread_json(spread_of(cell.all_steps()))},
          {"peak_bytes", cell.peak_bytes()}};
}

}  // namespace

std::string state_name(CellState state) { return kStates.at(static_cast<size_t>(state)); }

int64_t Cell::ranks() const {
  return plan.is_object() ? plan.value("ranks", int64_t{1}) : int64_t{1};
}

std::string Cell::layout() const {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  constexpr std::pair<const char*, const char*> kAxes[] = {
      {"data", "data"},     {"cfg", "cfg"},         {"ulysses", "ulysses"},  {"ring", "ring"},
      {"tensor", "tensor"}, {"hsdp_shard", "hsdp"}, {"hsdp_replicate", "x"}, {"vae_patch", "vae"}};
  for (const auto& [key, word] : kAxes) {
    const auto size = plan.is_object() ? plan.value(key, int64_t{1}) : int64_t{1};
    if (size > 1) add(word + std::to_string(size));
  }
  if (text.empty()) add("one");
  const auto offload = setting("offload");
  if (!offload.empty() && offload != "none") add("offload-" + offload);
  return text;
}

std::string Cell::setting(const std::string& key) const {
  const bool there = job.is_object() && job.contains(key);
  if (!there && key == "num_gpus" && plan.is_object()) return std::to_string(ranks());
  if (!there) return "";
  return job[key].is_string() ? job[key].get<std::string>() : job[key].dump();
}

Spread Cell::seconds() const {
  std::vector<double> values;
  for (const auto& run : runs) values.push_back(run.seconds);
  return spread_of(values);
}

std::vector<std::string> Cell::stage_names() const {
  std::vector<std::string> names;
  for (const auto& run : runs) {
    for (const auto& [name, seconds] : run.stages) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

Spread Cell::stage(const std::string& name) const {
  std::vector<double> values;
  for (const auto& run : runs) {
    for (const auto& [one, seconds] : run.stages) {
      if (one == name) values.push_back(seconds);
    }
  }
  return spread_of(values);
}

std::vector<double> Cell::all_steps() const {
  std::vector<double> all;
  for (const auto& run : runs)
    all.insert(all.end(), run.step_seconds.begin(), run.step_seconds.end());
  return all;
}

uint64_t Cell::peak_bytes() const {
  uint64_t most = 0;
  for (const auto& run : runs) {
    for (const auto bytes : run.peak_bytes) most = std::max(most, bytes);
  }
  return most;
}

Run run_of_metrics(const OrderedJson& metrics, double wall_seconds) {
  Run run;
  run.seconds = wall_seconds;
  double in_stages = 0;
  for (const auto& [name, stage] : metrics.at("stages").items()) {
    run.stages.emplace_back(name, stage.at("seconds").get<double>());
    in_stages += run.stages.back().second;
    if (name.starts_with("denoise")) {
      for (const auto& seconds : stage.value("step_seconds", OrderedJson::array()))
        run.step_seconds.push_back(seconds.get<double>());
    }
  }
  run.stages.insert(run.stages.begin(), {"start", std::max(0.0, wall_seconds - in_stages)});
  for (const auto& rank : metrics.at("ranks")) run.peak_bytes.push_back(peak_of(rank.at("stages")));
  return run;
}

void describe(const OrderedJson& metrics, Cell& cell) {
  for (size_t i = 0; i < kDescriptions.size(); ++i) {
    if (metrics.contains(kDescriptions[i]) && !metrics[kDescriptions[i]].is_null())
      *description(cell, i) = metrics[kDescriptions[i]];
  }
}

OrderedJson cell_json(const Cell& cell) {
  OrderedJson json = {{"schema", 1},
                      {"kind", "bench"},
                      {"cell", cell.id},
                      {"label", cell.label},
                      {"state", state_name(cell.state)}};
  if (!cell.reason.empty()) json["reason"] = cell.reason;
  json["exit_code"] = cell.exit_code;
  if (!cell.runs.empty()) json["summary"] = summary(cell);
  json["warmup"] = cell.repetitions.warmup;
  json["one_load"] = cell.repetitions.processes == Processes::kOneForAll;
  json["runs"] = OrderedJson::array();
  for (const auto& run : cell.runs) json["runs"].push_back(run_json(run));
  for (size_t i = 0; i < kDescriptions.size(); ++i) {
    if (!description(cell, i)->is_null()) json[kDescriptions[i]] = *description(cell, i);
  }
  return json;
}

Cell cell_of_json(const OrderedJson& json, const std::string& name) {
  try {
    Cell cell;
    const auto state = json.at("state").get<std::string>();
    const auto known = std::find(kStates.begin(), kStates.end(), state);
    if (json.at("schema") != 1 || known == kStates.end())
      throw Error(ErrorKind::kIo, name + ": a result of another version (schema or state " +
                                      json.at("schema").dump() + ", " + state + ")");
    cell.state = static_cast<CellState>(known - kStates.begin());
    cell.id = json.at("cell").get<std::string>();
    cell.label = json.value("label", cell.id);
    cell.reason = json.value("reason", "");
    cell.exit_code = json.value("exit_code", 0);
    cell.repetitions.warmup = json.value("warmup", int64_t{0});
    if (json.value("one_load", false)) cell.repetitions.processes = Processes::kOneForAll;
    for (const auto& run : json.value("runs", OrderedJson::array()))
      cell.runs.push_back(run_of_json(run));
    cell.repetitions.runs = static_cast<int64_t>(cell.runs.size());
    describe(json, cell);
    if (cell.state == CellState::kDone && cell.runs.empty())
      throw Error(ErrorKind::kIo, name + ": the result is done but holds no run");
    return cell;
  } catch (const OrderedJson::exception& error) {
    throw Error(ErrorKind::kIo, name + ": not a result of kinema bench (" + error.what() + ")");
  }
}

}  // namespace kinema::bench
