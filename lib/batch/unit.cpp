// Hashes are of JSON texts, whose keys are in the table's order.
#include "batch/unit.h"

#include <set>

#include "checkpoint/component.h"
#include "checkpoint/fingerprint.h"
#include "config/options.h"
#include "config/outputs.h"
#include "config/request_json.h"
#include "config/value_text.h"
#include "plan/plan_report.h"

namespace kinema::batch {
namespace {

using config::Group;

bool decides(const config::Option& option) {
  // What was resolved into other settings, and what names several outputs.
  static const std::set<std::string> resolved = {"resolution", "aspect_ratio", "duration",
                                                 "round_frames", "num_outputs_per_prompt"};
  static const std::set<std::string> others = {"dtype", "codec", "crf", "audio"};
  if (resolved.contains(option.key)) return false;
  return option.group == Group::kContent || option.group == Group::kShape ||
         option.group == Group::kSampling || others.contains(option.key) ||
         option.key.starts_with("vae_til");
}

// Of a file's bytes, or of the weights in a folder.
std::string file_fingerprint(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return checkpoint::Component::open(path).identity();
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(read_text(path));
  return fingerprint.hex();
}

}  // namespace

OrderedJson deciding_settings(const config::Request& request) {
  OrderedJson settings = OrderedJson::object();
  for (const auto& option : config::options()) {
    if (!decides(option)) continue;
    const auto value = option.field.json(request);
    if (value.is_null()) continue;
    settings[option.key] = config::with_paths(option.field, value, file_fingerprint);
  }
  return settings;
}

std::string content_hash(const config::Request& request, const std::string& model) {
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(model);
  fingerprint.add(deciding_settings(request).dump());
  return fingerprint.hex();
}

std::string model_identity(const plan::ModelFacts& model) {
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(model.index.pipeline);
  for (const auto& component : model.components) {
    fingerprint.add(component.name);
    fingerprint.add(checkpoint::Component::open(component.weights).identity());
    fingerprint.add(read_text(component.config));
  }
  for (const auto& lora : model.loras) {
    fingerprint.add(checkpoint::Component::open(lora.path).identity());
    fingerprint.add(config::Value<double>::text(lora.scale));
  }
  return fingerprint.hex();
}

std::vector<Unit> units_of(int64_t job,
                           const std::string& id,
                           const plan::Job& planned,
                           const std::string& model) {
  std::vector<Unit> units;
  const Json plan = plan::plan_json(planned);
  for (auto& single : config::single_requests(planned.request())) {
    // Of several replicas each makes its own outputs: the degrees say how.
    if (planned.parallel.data > 1) single.num_gpus.reset();
    if (single.use_hsdp) single.hsdp_shard_size = planned.parallel.hsdp_shard;
    Unit unit;
    unit.job = job;
    unit.output = static_cast<int64_t>(units.size());
    unit.id = id + "-" + std::to_string(*single.seed);
    unit.hash = content_hash(single, model);
    unit.planned = plan;
    unit.request = std::move(single);
    units.push_back(std::move(unit));
  }
  return units;
}

Json unit_json(const Unit& unit) {
  return {{"job", unit.job},         {"output", unit.output},
          {"id", unit.id},           {"hash", unit.hash},
          {"planned", unit.planned}, {"request", config::request_to_json(unit.request)}};
}

Unit unit_from_json(const Json& json) {
  Unit unit;
  unit.job = json.at("job");
  unit.output = json.at("output");
  unit.id = json.at("id");
  unit.hash = json.at("hash");
  unit.planned = json.at("planned");
  unit.request = config::request_from_json(json.at("request"), "the batch's next job");
  return unit;
}

}  // namespace kinema::batch
