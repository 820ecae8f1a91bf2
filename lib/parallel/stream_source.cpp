// The order in which a model takes its parameters is about the order in which it uses them.
#include "parallel/stream_source.h"

#include <algorithm>
#include <utility>

namespace kinema::parallel {

StreamSource::StreamSource(weights::WeightStore& store,
                           TensorParallelSource& cut,
                           const std::vector<std::string>& blocks,
                           const std::vector<int64_t>& resident)
    : store_(store), cut_(cut) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    if (std::find(resident.begin(), resident.end(), index) != resident.end()) continue;
    prefixes_.push_back(blocks[i] + ".");
    units_.emplace_back().block = index;
  }
}

StreamUnit* StreamSource::unit_of(const std::string& name) {
  for (size_t i = 0; i < prefixes_.size(); ++i) {
    if (name.starts_with(prefixes_[i])) return &units_[i];
  }
  return nullptr;
}

at::Tensor StreamSource::take(const std::string& name, at::IntArrayRef shape) {
  auto* unit = unit_of(name);
  if (unit == nullptr) {
    auto parameter = cut_.take(name, shape);
    resident_bytes_ += static_cast<int64_t>(parameter.nbytes());
    return parameter;
  }
  // A model may look at a parameter before the layer takes it.
  if (auto known = taken_.find(name); known != taken_.end()) return known->second;
  return streamed(*unit, name, {located({name, shape.vec()})});
}

// In the block's buffer they lie one below the other.
weights::Stacked StreamSource::take_stacked(const std::vector<weights::Wanted>& parameters) {
  auto* unit = unit_of(parameters.front().name);
  if (unit == nullptr) {
    auto stacked = cut_.take_stacked(parameters);
    for (const auto& one : stacked.tensors) resident_bytes_ += static_cast<int64_t>(one.nbytes());
    return stacked;
  }
  weights::Stacked stacked;
  weights::StoredStack parts;
  std::string names;
  for (const auto& one : parameters) {
    parts.push_back(located(one));
    stacked.rows.push_back(parts.back().sizes().front());
    names += (names.empty() ? "" : " ") + one.name;
  }
  stacked.tensors.push_back(streamed(*unit, names, std::move(parts)));
  return stacked;
}

weights::StoredPart StreamSource::located(const weights::Wanted& parameter) {
  return store_.locate(parameter.name, parameter.shape, cut_.part(parameter.name, parameter.shape));
}

at::Tensor StreamSource::streamed(StreamUnit& unit,
                                  const std::string& name,
                                  weights::StoredStack parts) {
  const auto& placement = store_.placement();
  const auto sizes = weights::sizes(parts);
  auto parameter =
      unbound_parameter(sizes, at::TensorOptions(placement.dtype).device(placement.device));
  unit.layout.add(name, sizes, placement.dtype);
  unit.parts.push_back(std::move(parts));
  unit.handles.push_back(parameter);
  taken_[name] = parameter;
  return parameter;
}

StreamUnits StreamSource::units() {
  // Blocks that the model does not have (an encoder's last layers) took nothing.
  std::erase_if(units_, [](const StreamUnit& unit) { return unit.handles.empty(); });
  return std::make_shared<const std::vector<StreamUnit>>(std::move(units_));
}

}  // namespace kinema::parallel
