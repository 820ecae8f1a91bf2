// Drawing them.
#include "support/random_source.h"

#include <cmath>
#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace kinema::test {

at::Tensor RandomSource::take(const std::string& name, at::IntArrayRef shape) {
  auto& tensor = made_[name];
  if (!tensor.defined()) {
    std::vector<int64_t> sizes(shape.begin(), shape.end());
    for (auto& size : sizes) size = size == -1 ? any_size_ : size;
    at::manual_seed(std::hash<std::string>()(name));
    tensor = at::randn(sizes);
    const bool is_matrix = sizes.size() > 1;
    if (is_matrix) tensor /= std::sqrt(static_cast<double>(tensor.numel() / sizes[0]));
    if (!is_matrix) tensor = tensor * 0.1 + (name.ends_with("weight") ? 1.0 : 0.0);
  }
  return tensor;
}

}  // namespace kinema::test
