// Parameters from a map of tensors, with a record of what was asked for.
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

#include "weights/param_source.h"

namespace kinema::test {

class MapSource : public weights::ParamSource {
 public:
  explicit MapSource(std::map<std::string, at::Tensor> tensors) : tensors_(std::move(tensors)) {}

  at::Tensor take(const std::string& name, at::IntArrayRef shape) override {
    const auto& tensor = tensors_.at(name);
    bool fits = tensor.dim() == static_cast<int64_t>(shape.size());
    for (size_t i = 0; fits && i < shape.size(); ++i) {
      fits = shape[i] == -1 || shape[i] == tensor.size(static_cast<int64_t>(i));
    }
    if (!fits) throw std::runtime_error("mis-shaped: " + name);
    taken_.insert(name);
    return tensor;
  }
  bool has(const std::string& name) const override { return tensors_.contains(name); }

  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  const std::set<std::string>& taken() const { return taken_; }

 private:
  std::map<std::string, at::Tensor> tensors_;
  std::set<std::string> taken_;
};

}  // namespace kinema::test
