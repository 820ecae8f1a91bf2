// WeightStore over the component's files, TensorParallelSource over that.
#include "pipeline/component.h"

#include <utility>

#include "base/error.h"

namespace kinema::pipeline {
namespace {

weights::WeightStore opened(const Setup& setup, const std::string& name, weights::NameMap names) {
  const auto& component = setup.model.component(name);
  return {checkpoint::Component::open(component.weights),
          {setup.dtype, setup.device},
          std::move(names),
          component.adapters};
}

}  // namespace

OpenComponent::OpenComponent(const Setup& setup,
                             const std::string& name,
                             weights::NameMap names,
                             const std::vector<parallel::CutRule>& rules)
    : name_(name),
      store_(opened(setup, name, std::move(names))),
      alone_("alone"),
      cut_(store_, rules, setup.team.tensor()),
      wanted_(cut_, setup.given_up) {}

OpenComponent::OpenComponent(const Setup& setup, const std::string& name, weights::NameMap names)
    : name_(name),
      store_(opened(setup, name, std::move(names))),
      alone_("alone"),
      cut_(store_, parallel::uncut(), alone_),
      wanted_(cut_, setup.given_up) {}

void AbandonedSource::check() const {
  if (given_up_ != nullptr && *given_up_)
    throw Error(ErrorKind::kInterrupted, "loading was given up");
}

void OpenComponent::made() {
  store_.rest();
  wanted_.made();
  if (!made_) made_ = std::chrono::steady_clock::now();
}

void OpenComponent::warn_unread() {
  store_.warn_unread();
  store_.rest();
}

void OpenComponent::loaded(Stages& stages) {
  warn_unread();
  made();
  stages.loaded(name_, store_.bytes_read(), opened_, *made_);
}

}  // namespace kinema::pipeline
