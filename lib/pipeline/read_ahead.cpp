// The system's cache is all that fills: no plan counts it, no limit is touched.
#include "pipeline/read_ahead.h"

#include <utility>

#include "plan/machine.h"

namespace kinema::pipeline {

checkpoint::Wanted wanted(const Setup& setup, const std::string& name, weights::NameMap names) {
  return {name, setup.model.component(name).weights,
          [names = std::move(names)](const std::string& tensor) {
            return !names.is_unused(names.model_name(tensor));
          }};
}

std::unique_ptr<checkpoint::ReadAhead> read_ahead(const Runtime& runtime,
                                                  const VideoModel& model,
                                                  Work work) {
  if (!runtime.team.is_first()) return nullptr;
  // The other half is for what is computed, and for keeping what has been read until it is used.
  return std::make_unique<checkpoint::ReadAhead>(model.reads(runtime, work),
                                                 plan::available_memory() / 2);
}

}  // namespace kinema::pipeline
