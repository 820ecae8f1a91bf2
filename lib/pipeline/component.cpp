// WeightStore over the component's files, TensorParallelSource over that.
#include "pipeline/component.h"

#include <utility>

namespace kinema::pipeline {
namespace {

const std::vector<parallel::CutRule> kUncut;

weights::WeightStore opened(const Setup& setup, const std::string& name, weights::NameMap names) {
  return {checkpoint::Component::open(setup.model.component(name).weights),
          {setup.dtype, setup.device},
          std::move(names)};
}

}  // namespace

OpenComponent::OpenComponent(const Setup& setup,
                             const std::string& name,
                             weights::NameMap names,
                             const std::vector<parallel::CutRule>& rules)
    : store_(opened(setup, name, std::move(names))),
      alone_("alone"),
      cut_(store_, rules, setup.team.tensor()) {}

OpenComponent::OpenComponent(const Setup& setup, const std::string& name, weights::NameMap names)
    : store_(opened(setup, name, std::move(names))),
      alone_("alone"),
      cut_(store_, kUncut, alone_) {}

}  // namespace kinema::pipeline
