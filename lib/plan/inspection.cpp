// Gathers what inspect shows.
#include "plan/inspection.h"

#include "checkpoint/component.h"
#include "checkpoint/safetensors.h"
#include "config/value_text.h"
#include "plan/lora_facts.h"
#include "plan/model_facts.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;

OrderedJson weights_json(const checkpoint::Component& component) {
  const auto size = component.size();
  std::map<std::string, uint64_t> bytes_by_type;
  for (const auto& [name, tensor] : component.tensors()) {
    bytes_by_type[std::string(checkpoint::dtype_name(tensor.entry.dtype))] += tensor.entry.bytes;
  }
  return {{"tensors", size.tensors},
          {"parameters", size.elements},
          {"bytes", size.bytes},
          {"dtypes", bytes_by_type}};
}

OrderedJson component_json(const ComponentFacts& facts, config::Violations& faults) {
  OrderedJson json = {{"name", facts.name}, {"class", facts.class_name}};
  try {
    json.update(weights_json(checkpoint::Component::open(facts.weights)));
  } catch (const Error& error) {
    json["error"] = error.what();
    faults.add(error.kind(), error.what(), error.hint());
  }
  return json;
}

OrderedJson defaults_json(const ModelFacts& model) {
  const auto& defaults = model.defaults;
  const auto size = model.rules().size_for(model, {});
  OrderedJson json = {{"width", size.width},
                      {"height", size.height},
                      {"num_frames", defaults.num_frames},
                      {"fps", config::to_json_value(defaults.fps)}};
  json.update(model.rules().sampling_defaults(model));
  if (const auto& settings = model.recommended.settings) {
    for (const auto& [key, value] : settings->items()) json[key] = value;
  }
  json["vae_tile_size"] = defaults.vae_tile_size;
  return json;
}

OrderedJson limits_json(const ModelFacts& model) {
  return {{"size_multiple", model.shape.size_multiple()},
          {"frames", frame_rule(model.shape)},
          {"attention_heads", model.rules().heads(model)}};
}

Inspection inspect_model(const fs::path& folder, config::Request request) {
  request.model = folder;
  const auto model = read_model(request);
  Inspection found;
  found.json = {{"kind", "model"},
                {"model", model.title},
                {"variant", model.variant},
                {"task", model.rules().tasks(model)},
                {"pipeline", model.index.pipeline},
                {"path", folder.string()},
                {"defaults", defaults_json(model)},
                {"limits", limits_json(model)},
                {"components", OrderedJson::array()}};
  for (const auto& component : model.components) {
    found.json["components"].push_back(component_json(component, found.faults));
  }
  for (const auto& lora : model.loras) found.json["loras"].push_back(lora_json(lora));
  return found;
}

OrderedJson facts_json(const LoraFacts& facts) {
  OrderedJson ranks = OrderedJson::object();
  for (const auto& [rank, layers] : facts.ranks) ranks[std::to_string(rank)] = layers;
  return {{"layers", facts.layers},
          {"ranks", ranks},
          {"with_alpha", facts.with_alpha},
          {"unpaired", facts.unpaired},
          {"prefix", facts.prefix}};
}

// Latents hold the job that they were made for.
void describe_latents(const std::map<std::string, std::string>& metadata, OrderedJson& json) {
  const auto job = metadata.find("job");
  if (job == metadata.end()) return;
  auto stored = OrderedJson::parse(job->second, nullptr, /*allow_exceptions=*/false);
  if (!stored.is_object() || !stored.contains("job")) return;
  json["kind"] = "latents";
  json["made_by"] = stored.value("kinema", "");
  json["job"] = stored["job"];
  json["metadata"].erase("job");
  if (json["metadata"].empty()) json.erase("metadata");
}

Inspection inspect_weights(const fs::path& path) {
  Inspection found;
  found.json = {{"kind", "weights"}, {"path", path.string()}};
  const auto component = checkpoint::Component::open(path);
  found.json.update(weights_json(component));
  auto list = OrderedJson::array();
  for (const auto& [name, tensor] : component.tensors()) {
    list.push_back({{"name", name},
                    {"dtype", checkpoint::dtype_name(tensor.entry.dtype)},
                    {"shape", tensor.entry.shape}});
  }
  found.json["contents"] = list;
  if (fs::is_regular_file(path)) {
    const auto metadata = checkpoint::SafetensorsFile(path).metadata();
    if (!metadata.empty()) found.json["metadata"] = metadata;
    describe_latents(metadata, found.json);
    if (const auto lora = lora_facts(checkpoint::LoraFile::open(path))) {
      found.json["kind"] = "lora";
      found.json["lora"] = facts_json(*lora);
    }
  }
  return found;
}

}  // namespace

Inspection inspect(const fs::path& path, const config::Request& request) {
  if (fs::is_directory(path) && fs::exists(path / "model_index.json"))
    return inspect_model(path, request);
  if (request.lora) {
    throw Error(ErrorKind::kUsage, "--lora is for a model, and " + path.string() + " is none",
                "kinema inspect MODEL --lora FILE, or kinema inspect FILE");
  }
  return inspect_weights(path);
}

}  // namespace kinema::plan
