// Views of weights and of places; the products are LibTorch's.
#include "nn/linear_stack.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <ATen/TensorUtils.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/linear.h>

namespace kinema::nn {
namespace {

// [rows, width] of a place, if a product can write it.
std::optional<at::Tensor> as_matrix(const at::Tensor& place, int64_t rows, int64_t width) {
  const std::vector<int64_t> sizes = {rows, width};
  if (!at::detail::computeStride(place.sizes(), place.strides(), sizes)) return std::nullopt;
  return place.view(sizes);
}

// Whether `next` lies beside `one` in each of its rows.
bool beside(const at::Tensor& one, const at::Tensor& next) {
  return next.is_alias_of(one) && next.stride(0) == one.stride(0) &&
         next.storage_offset() == one.storage_offset() + one.size(1);
}

// All of them as one, if each lies beside the one before.
std::optional<at::Tensor> side_by_side(const std::vector<std::optional<at::Tensor>>& matrices) {
  int64_t width = 0;
  for (size_t i = 0; i < matrices.size(); ++i) {
    if (!matrices[i] || (i > 0 && !beside(*matrices[i - 1], *matrices[i]))) return std::nullopt;
    width += matrices[i]->size(1);
  }
  const auto& first = *matrices.front();
  if (first.size(0) > 1 && first.stride(0) < width) return std::nullopt;
  return at::as_strided(first, {first.size(0), width}, first.strides(), first.storage_offset());
}

}  // namespace

LinearStack::LinearStack(const ParamScope& scope,
                         std::vector<Layer> layers,
                         int64_t in,
                         Bias bias) {
  std::vector<weights::Wanted> wanted, wanted_biases;
  for (const auto& layer : layers) {
    wanted.push_back({layer.name + ".weight", {layer.out, in}});
    wanted_biases.push_back({layer.name + ".bias", {layer.out}});
  }
  auto taken = scope.take_stacked(wanted);
  weights_ = std::move(taken.tensors), widths_ = std::move(taken.rows);
  if (bias == Bias::kPresent) biases_ = scope.take_stacked(wanted_biases).tensors;
}

int64_t LinearStack::width(size_t first, size_t count) const {
  const auto begin = widths_.begin() + static_cast<std::ptrdiff_t>(first);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(count), int64_t{0});
}

LinearStack::Matrix LinearStack::matrix(size_t first, size_t count) const {
  const auto of = [&](const std::vector<at::Tensor>& tensors) {
    if (tensors.empty()) return at::Tensor();
    if (tensors.size() > 1) return tensors[first];
    return tensors.front().narrow(0, width(0, first), width(first, count));
  };
  return {of(weights_), of(biases_)};
}

bool LinearStack::together(Multiply how) const {
  const bool stacked = weights_.size() == 1 && biases_.size() <= 1;
  const bool suits =
      how == Multiply::kAsSuits ? !weights_.front().is_cpu() : how == Multiply::kTogether;
  return stacked && suits;
}

std::vector<at::Tensor> LinearStack::operator()(const at::Tensor& x,
                                                size_t first,
                                                size_t count,
                                                Multiply how) const {
  std::vector<at::Tensor> results;
  if (!together(how)) {
    for (size_t i = first; i < first + count; ++i) {
      const auto one = matrix(i, 1);
      results.push_back(at::linear(x, one.weight, one.bias));
    }
    return results;
  }
  const auto all = matrix(first, count);
  const auto product = at::linear(x, all.weight, all.bias);
  for (int64_t i = 0, at = 0; i < static_cast<int64_t>(count); ++i) {
    const int64_t here = widths_[first + static_cast<size_t>(i)];
    results.push_back(product.narrow(-1, at, here));
    at += here;
  }
  return results;
}

std::vector<at::Tensor> LinearStack::near(const std::vector<at::Tensor>& places,
                                          const at::Tensor& x,
                                          size_t first,
                                          Multiply how) const {
  const auto rows = x.flatten(0, -2);
  std::vector<std::optional<at::Tensor>> there;
  for (size_t i = 0; i < places.size(); ++i)
    there.push_back(as_matrix(places[i], rows.size(0), widths_[first + i]));
  const auto into = [&](at::Tensor to, const Matrix& matrix) {
    at::linear_out(to, rows, matrix.weight, matrix.bias);
  };
  const auto all = together(how) ? side_by_side(there) : std::nullopt;
  if (all) into(*all, matrix(first, places.size()));
  // Rather several products than a copy, but rather one product than several and a copy of each.
  const bool elsewhere = std::any_of(there.begin(), there.end(), [](auto& one) { return !one; });
  if (together(how) && elsewhere) return (*this)(x, first, places.size(), how);
  std::vector<at::Tensor> results;
  for (size_t i = 0; i < places.size(); ++i) {
    const auto one = matrix(first + i, 1);
    if (there[i] && !all) into(*there[i], one);
    results.push_back(there[i] ? there[i]->unsqueeze(0) : at::linear(x, one.weight, one.bias));
  }
  return results;
}

void settle(const at::Tensor& made, const at::Tensor& place) {
  if (!made.is_alias_of(place)) place.copy_(made.view(place.sizes()));
}

}  // namespace kinema::nn
