// Joining names with dots.
#include "nn/param_scope.h"

#include <utility>

namespace kinema::nn {

ParamScope::ParamScope(weights::ParamSource& source, std::string path)
    : source_(&source), path_(std::move(path)) {}

std::string ParamScope::joined(std::string_view leaf) const {
  return path_.empty() ? std::string(leaf) : path_ + "." + std::string(leaf);
}

ParamScope ParamScope::operator/(std::string_view name) const {
  return ParamScope(*source_, joined(name));
}

ParamScope ParamScope::operator/(int64_t index) const {
  return *this / std::string_view(std::to_string(index));
}

at::Tensor ParamScope::take(std::string_view leaf, at::IntArrayRef shape) const {
  return source_->take(joined(leaf), shape);
}

at::Tensor ParamScope::take_table(std::string_view leaf, at::IntArrayRef shape) const {
  return source_->take_table(joined(leaf), shape);
}

weights::Stacked ParamScope::take_stacked(std::vector<weights::Wanted> leaves) const {
  for (auto& one : leaves) one.name = joined(one.name);
  return source_->take_stacked(leaves);
}

bool ParamScope::has(std::string_view leaf) const { return source_->has(joined(leaf)); }

weights::OutputOp ParamScope::after() const { return source_->after(joined("weight")); }

}  // namespace kinema::nn
