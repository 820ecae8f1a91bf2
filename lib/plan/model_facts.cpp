// model_index.json, one config.json a component, and what the released variants are called.
#include "plan/model_facts.h"

#include <cmath>
#include <utility>

#include "base/log.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;
using config::ConfigReader;
using config::Request;
using config::Strictness;

// In the order of their use.
std::vector<std::string> component_names(Task task) {
  if (task == Task::kTextToVideo) return {"text_encoder", "text_encoder_2", "transformer", "vae"};
  return {"text_encoder", "text_encoder_2", "image_encoder", "transformer", "vae"};
}

std::optional<fs::path> overriding(const Request& request, const std::string& name) {
  if (name == "transformer") return request.transformer_path;
  if (name == "vae") return request.vae_path;
  if (name == "text_encoder") return request.text_encoder_path;
  return std::nullopt;
}

// A file given for a component uses the config.json beside it, or else the model's.
ComponentFacts locate(const Request& request,
                      const checkpoint::ModelIndex& index,
                      const std::string& name) {
  const auto own = index.component(name);
  const auto& class_name = index.components.at(name).name;
  const auto given = overriding(request, name);
  if (!given) return {name, class_name, own, own / "config.json"};
  const auto beside = fs::is_directory(*given) ? *given : given->parent_path();
  const bool has_config = fs::exists(beside / "config.json");
  return {name, class_name, *given, (has_config ? beside : own) / "config.json"};
}

Hunyuan15Configs read_configs(const ModelFacts& facts, Strictness strictness) {
  auto open = [&](const std::string& name) {
    return ConfigReader::open(facts.component(name).config, strictness);
  };
  auto open_file = [&](const char* file) {
    return ConfigReader::open(facts.index.folder / file, strictness);
  };
  Hunyuan15Configs configs;
  configs.transformer = read_hunyuan15_transformer(open("transformer"));
  configs.vae = read_hunyuan15_vae(open("vae"));
  configs.text_encoder = read_qwen_text(open("text_encoder"));
  configs.text_encoder_2 = read_t5_encoder(open("text_encoder_2"));
  if (facts.task() == Task::kImageToVideo) {
    configs.image_encoder = read_siglip_vision(open("image_encoder"));
    configs.image_processor =
        read_siglip_processor(open_file("feature_extractor/preprocessor_config.json"));
  }
  configs.scheduler = read_flow_match(open_file("scheduler/scheduler_config.json"));
  configs.guider = read_guider(open_file("guider/guider_config.json"));
  return configs;
}

bool unguided(const config::GuiderConfig& guider, double scale) {
  const double neutral = guider.use_original_formulation ? 0 : 1;
  return !guider.enabled || std::abs(scale - neutral) < 1e-9;
}

// The released names: a size class, the task, and what was distilled away.
std::string variant_name(const Hunyuan15Configs& configs, Task task) {
  const int64_t size = configs.transformer.target_size;
  std::string name = size == 640 ? "480p" : size == 960 ? "720p" : fmt::format("{}px", size);
  name += task == Task::kTextToVideo ? "_t2v" : "_i2v";
  if (configs.transformer.use_meanflow) return name + "_step_distilled";
  return unguided(configs.guider, configs.guider.guidance_scale) ? name + "_distilled" : name;
}

ModelDefaults defaults_of(const Hunyuan15Configs& configs) {
  ModelDefaults defaults;
  if (configs.transformer.use_meanflow) defaults.num_inference_steps = 12;
  defaults.flow_shift = configs.scheduler.shift;
  defaults.guidance_scale = configs.guider.guidance_scale;
  defaults.guidance_rescale = configs.guider.guidance_rescale;
  return defaults;
}

}  // namespace

const ComponentFacts& ModelFacts::component(const std::string& name) const {
  for (const auto& one : components) {
    if (one.name == name) return one;
  }
  throw Error(ErrorKind::kInternal, "the model has no component " + name);
}

int64_t ModelFacts::branches(double guidance_scale) const {
  return unguided(hunyuan15.guider, guidance_scale) ? 1 : 2;
}

ModelFacts read_model(const Request& request) {
  ModelFacts facts;
  facts.index = checkpoint::read_model_index(request.model.value());
  facts.title = checkpoint::family_name(facts.index.family);
  for (const auto& name : component_names(facts.task()))
    facts.components.push_back(locate(request, facts.index, name));
  facts.hunyuan15 = read_configs(facts, request.strict ? Strictness::kStrict : Strictness::kWarn);
  facts.variant = variant_name(facts.hunyuan15, facts.task());
  facts.defaults = defaults_of(facts.hunyuan15);
  facts.shape = {facts.hunyuan15.vae.spatial_compression_ratio,
                 facts.hunyuan15.vae.temporal_compression_ratio,
                 facts.hunyuan15.transformer.patch_size, facts.hunyuan15.transformer.patch_size_t};
  return facts;
}

}  // namespace kinema::plan
