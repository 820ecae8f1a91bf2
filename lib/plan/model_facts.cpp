// model_index.json and one config.json a component; what they mean is the family's.
#include "plan/model_facts.h"

#include "base/error.h"
#include "plan/recommended.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;
using config::Request;
using config::Strictness;

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
  if (!given) return {name, class_name, own, own / "config.json", {}};
  const auto beside = fs::is_directory(*given) ? *given : given->parent_path();
  const bool has_config = fs::exists(beside / "config.json");
  return {name, class_name, *given, (has_config ? beside : own) / "config.json", {}};
}

}  // namespace

const ComponentFacts& ModelFacts::component(const std::string& name) const {
  for (const auto& one : components) {
    if (one.name == name) return one;
  }
  throw Error(ErrorKind::kInternal, "the model has no component " + name);
}

ModelFacts read_model(const Request& request) {
  ModelFacts facts;
  facts.index = checkpoint::read_model_index(request.model.value());
  if (facts.index.both_tasks)
    facts.index.task = request.image ? Task::kImageToVideo : Task::kTextToVideo;
  facts.title = checkpoint::family_name(facts.index.family);
  for (const auto& name : facts.rules().components(facts.task()))
    facts.components.push_back(locate(request, facts.index, name));
  facts.rules().read(facts, request.strict ? Strictness::kStrict : Strictness::kWarn);
  facts.recommended = read_recommended(facts.index.folder);
  read_loras(request, facts);
  return facts;
}

}  // namespace kinema::plan
