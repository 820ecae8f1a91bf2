// WeightStore over the component's files, TensorParallelSource over that.
#include "pipeline/component.h"

#include <utility>

namespace kinema::pipeline {
namespace {

const std::vector<parallel::CutRule> kUncut;

weights::WeightStore opened(const Runtime& runtime,
                            const std::string& name,
                            weights::NameMap names) {
  return {checkpoint::Component::open(runtime.model.component(name).weights),
          {runtime.dtype, runtime.device},
          std::move(names)};
}

}  // namespace

OpenComponent::OpenComponent(const Runtime& runtime,
                             const std::string& name,
                             weights::NameMap names,
                             const std::vector<parallel::CutRule>& rules)
    : store_(opened(runtime, name, std::move(names))),
      alone_("alone"),
      cut_(store_, rules, runtime.team.tensor()) {}

OpenComponent::OpenComponent(const Runtime& runtime,
                             const std::string& name,
                             weights::NameMap names)
    : store_(opened(runtime, name, std::move(names))),
      alone_("alone"),
      cut_(store_, kUncut, alone_) {}

}  // namespace kinema::pipeline
