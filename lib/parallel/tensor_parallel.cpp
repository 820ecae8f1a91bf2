// Rules are matched by the layer's name; which dimension is cut follows from the rule and from
// weight or bias.
#include "parallel/tensor_parallel.h"

#include <string_view>

#include "base/error.h"

namespace kinema::parallel {
namespace {

std::string_view layer_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

bool is_bias(std::string_view name) { return name.ends_with(".bias"); }

bool ends_in_layer(std::string_view layer, std::string_view wanted) {
  if (!layer.ends_with(wanted)) return false;
  return layer.size() == wanted.size() || layer[layer.size() - wanted.size() - 1] == '.';
}

}  // namespace

const CutRule* TensorParallelSource::rule(const std::string& name) const {
  if (comm_.size() == 1) return nullptr;
  for (const auto& rule : rules_) {
    if (name.starts_with(rule.prefix) && ends_in_layer(layer_of(name), rule.layer)) return &rule;
  }
  return nullptr;
}

weights::Slice TensorParallelSource::part(const std::string& name, at::IntArrayRef shape) const {
  const auto* found = rule(name);
  if (found == nullptr || (found->cut == Cut::kRows && is_bias(name))) return {};
  const int64_t dim = found->cut == Cut::kColumns || found->cut == Cut::kNorm ? 0 : 1;
  const int64_t size = shape[static_cast<size_t>(dim)];
  if (size % comm_.size() != 0) {
    throw Error(ErrorKind::kConfig, name + " has " + std::to_string(size) +
                                        " features to cut, which " + std::to_string(comm_.size()) +
                                        " tensor-parallel ranks do not divide");
  }
  const int64_t length = size / comm_.size();
  return {dim, length * comm_.rank(), length};
}

at::Tensor TensorParallelSource::take(const std::string& name, at::IntArrayRef shape) {
  const auto mine = part(name, shape);
  return mine.length == 0 ? store_.take(name, shape) : store_.take_slice(name, shape, mine);
}

weights::Stacked TensorParallelSource::take_stacked(
    const std::vector<weights::Wanted>& parameters) {
  std::vector<weights::Slice> mine;
  for (const auto& one : parameters) mine.push_back(part(one.name, one.shape));
  return store_.take_stacked(parameters, mine);
}

weights::OutputOp TensorParallelSource::after(const std::string& name) const {
  const auto* found = rule(name);
  if (found == nullptr || (found->cut != Cut::kRows && found->cut != Cut::kNorm)) return {};
  return [&comm = comm_](at::Tensor partial) {
    partial = partial.contiguous();
    comm.all_reduce_sum(partial);
    return partial;
  };
}

}  // namespace kinema::parallel
