// Parameters that no checkpoint has: seeded random ones for whatever is asked for.
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "weights/param_source.h"

namespace kinema::test {

// Fan-in scaled, never constant; the same for the same name.
class RandomSource : public weights::ParamSource {
 public:
  // any_size: what a size of -1 becomes.
  explicit RandomSource(int64_t any_size = 1) : any_size_(any_size) {}
  at::Tensor take(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string&) const override { return true; }

 private:
  int64_t any_size_;
  std::map<std::string, at::Tensor> made_;
};

}  // namespace kinema::test
