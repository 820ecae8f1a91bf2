// What a source does that has nothing of its own to gain.
#include "weights/param_source.h"

namespace kinema::weights {

Stacked ParamSource::take_stacked(const std::vector<Wanted>& parameters) {
  Stacked stacked;
  for (const auto& one : parameters) {
    stacked.tensors.push_back(take(one.name, one.shape));
    stacked.rows.push_back(stacked.tensors.back().size(0));
  }
  return stacked;
}

}  // namespace kinema::weights
