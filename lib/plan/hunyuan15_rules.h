// HunyuanVideo 1.5 in planning.
#pragma once

#include "config/guider_config.h"
#include "plan/family_rules.h"

namespace kinema::plan {

// The checkpoint's guider with what a job sets otherwise.
config::GuiderConfig guider_of(const ModelFacts& facts, const config::Request& request);

class Hunyuan15Rules : public FamilyRules {
 public:
  std::vector<std::string> components(checkpoint::Task task) const override;
  void read(ModelFacts& facts, config::Strictness strictness) const override;
  std::vector<LayerName> layer_names(std::string_view component,
                                     std::string_view layer) const override;
  std::string tasks(const ModelFacts& facts) const override;
  const std::vector<std::string>& own_settings() const override;
  FrameSize size_for(const ModelFacts& facts, const ShapeWish& wish) const override;
  void resolve_sampling(Resolution& r) const override;
  int64_t branches(const ModelFacts& facts, const config::Request& request) const override;
  int64_t heads(const ModelFacts& facts) const override;
  int64_t mlp_width(const ModelFacts& facts) const override;
  DenoiserShape denoiser(const Job& job) const override;
  MemoryPlan memory(const ModelFacts& facts, const MemoryInput& input) const override;
  std::string sampling_text(const Job& job) const override;
  OrderedJson sampling_defaults(const ModelFacts& facts) const override;
};

}  // namespace kinema::plan
