// LTX-2 in planning.
#pragma once

#include "plan/family_rules.h"

namespace kinema::plan {

class Ltx2Rules : public FamilyRules {
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
  int64_t appended_frames(const config::Request& request, const LatentShape& latent) const override;
  int64_t heads(const ModelFacts& facts) const override;
  int64_t mlp_width(const ModelFacts& facts) const override;
  DenoiserShape denoiser(const Job& job) const override;
  MemoryPlan memory(const ModelFacts& facts, const MemoryInput& input) const override;
  std::string sampling_text(const Job& job) const override;
  OrderedJson sampling_defaults(const ModelFacts& facts) const override;
};

}  // namespace kinema::plan
